# Family `paper`: the claim of the published pipeline, with its layer orders live in the networks.
fractal_add_family(
    NAME    paper
    INPUT   3x32x32
    DEPTHS  1 2 3 4 5
    COLUMNS 1 2 3 4 5 6
    LAYERS  conv3 bn relu drop20
    WIDTH   64
    HEAD    flat10)
