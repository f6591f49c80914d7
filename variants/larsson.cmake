# FractalNet itself (Larsson, Maire and Shakhnarovich, ICLR 2017, arXiv 1605.07648).

# FractalNet-20, with its transitions, its dropout after each unit and its mixed drop-path.
fractal_add_family(
    NAME    larsson
    INPUT   3x32x32
    DEPTHS  5
    COLUMNS 3
    ORDERS  conv3.bn.relu
    WIDTH   64
    HEAD    flat10
    OPTIONS t1 ud0.10.20.30.40 dpmixed)

# The depth study on CIFAR-100: the same five units, deeper by a column at a time.
fractal_add_family(
    NAME    larsson-study
    INPUT   3x32x32
    DEPTHS  5
    COLUMNS 1 2 3 4 5 6
    ORDERS  conv3.bn.relu
    WIDTH   16
    HEAD    gap100)
