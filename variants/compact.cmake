# Family `compact`: what trains fast on a CPU, and differs even as evaluation functions.
fractal_add_family(
    NAME    compact
    INPUT   3x32x32
    DEPTHS  1 2 3 4
    COLUMNS 1 2 3 4 5
    LAYERS  conv3 conv1 bn relu
    WIDTH   16
    HEAD    gap10)
