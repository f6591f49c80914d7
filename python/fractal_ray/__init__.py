"""Sweeps of `fractal train` on the machines of a Ray cluster.

The driver is the one program that plans, trains and merges; Ray is what places, restarts and cancels. This package
carries what the one says to the other:

    submission   what was asked for, kept in the run folder
    settings     what the run folder hands on to each trial's
    program      what is asked of the driver: the plan, a merge
    trial        one trial as a Ray task
    cluster      the Ray cluster: one that is there, or this machine
    order        the order in which trials are sent
    sweep        all trials of a run, until none is left
    cli          fractal-ray train, add, resume
"""
