"""`python3 -m fractal_ray`, where the package is not installed."""

import sys

from fractal_ray.cli import main

sys.exit(main())
