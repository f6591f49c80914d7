#!/usr/bin/env python3
"""How accurate the best variant is: chosen by its accuracy on held-out validation images, then trained on all training
images with several seeds.

    python3 bench/best.py --data-dir data/cifar-10-batches-bin     # docs/results/best.md

Candidates train for fewer epochs, by the recipe `fast`, to be told apart; no test image has a part in the choice.
"""

import statistics
import sys

import kept_trials
import report

NAME = "best"
GOAL = 90.0  # percent of the test images, mean of three seeds


def measured(trials, identity, figure):
    """A figure of a finished trial, in percent; None before it is one."""
    variant, recipe, seed = identity
    rows = dict(zip(kept_trials.rows_of(trials.store, kept_trials.IDENTITY, "disposition = 'finished'"),
                    kept_trials.rows_of(trials.store, figure, "disposition = 'finished'"), strict=True))
    return 100 * rows[variant, recipe, seed][0] if (variant, recipe, seed) in rows else None


def main():
    parser = kept_trials.arguments(__doc__, NAME)
    parser.add_argument("--variants", nargs="+", help="candidates",
                        default=[f"paper/{axes}-conv3.bn.relu" for axes in ("d4-c1", "d4-c2", "d4-c3")])
    parser.add_argument("--choose-after", type=int, default=2, help="epochs of a candidate (2)")
    parser.add_argument("--seeds", type=int, default=3, help="seeds 0, 1, … of the best one (3)")
    options = kept_trials.parsed(parser)
    if options.quick:
        options.variants, options.choose_after, options.epochs = ["compact/d1-c1-conv3.bn.relu", "compact/d1-c2-conv3.bn.relu"], 1, 1
    trials = kept_trials.KeptTrials(options, NAME, seeds=f"0 of the candidates, 0 to {options.seeds - 1} of the best one")
    candidates = {name: trials.plan(name, epochs=options.choose_after) for name in options.variants}
    finals = {name: [trials.plan(name, validation_images=0, seed=seed) for seed in range(options.seeds)]
              for name in options.variants}
    trials.train(candidates.values())
    chosen = {name: measured(trials, identity, "last_validation_accuracy") for name, identity in candidates.items()}
    text = [f"Candidates after {options.choose_after} epochs of the recipe `fast`, seed 0: accuracy on the validation images, in "
            "percent.", report.table(["candidate", "validation"],
                                     [[f"`{name}`", "" if value is None else f"{value:.2f}"] for name, value in chosen.items()])]
    if None not in chosen.values():
        best = max(chosen, key=chosen.get)
        trials.train(finals[best])
        tests = [measured(trials, identity, "test_accuracy") for identity in finals[best]]
        known = [value for value in tests if value is not None]
        text += [f"`{best}` after {options.epochs} epochs on all training images: accuracy on the test images, which a trial sees "
                 "once, after its last epoch, without augmentation, in percent.",
                 report.table(["seed", "test"], [[seed, "" if value is None else f"{value:.2f}"] for seed, value in enumerate(tests)])]
        if len(known) == options.seeds > 1:
            mean = statistics.mean(known)
            text.append(f"Mean {mean:.2f}, standard deviation {statistics.stdev(known):.2f}. Goal, {GOAL:.1f}: "
                        + ("met." if mean >= GOAL else f"**missed by {GOAL - mean:.2f}**."))
    trials.write("The best variant", [*text, trials.sessions()])
    return 0


if __name__ == "__main__":
    sys.exit(main())
