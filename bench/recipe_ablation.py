#!/usr/bin/env python3
"""What each option of the recipe `fast` brings: trials with all of them beside trials that lack one, and what options
would bring that it does not have.

    python3 bench/recipe_ablation.py --data-dir data/cifar-10-batches-bin     # docs/results/recipe-ablation.md
"""

import sys

import pairs
import report

# With normalisation, without, and with a head of many inputs.
VARIANTS = ("compact/d3-c2-conv3.bn.relu", "compact/d3-c2-conv3.relu", "paper/d2-c1-conv3.bn.relu")

# As deep and wide as initialisation is for: paths of up to 32 convolutions, 4 columns.
DEEP = ("compact/d4-c4-conv3.bn.relu", "compact/d4-c4-conv3.relu")

# What is taken from the recipe, and the flags that do so.
WITHOUT = {
    "Muon (SGD for all weights)": ["--optimizer", "sgd"],
    "variance-keeping initialisation (Xavier's instead)": ["--init", "xavier"],
    "variance-keeping initialisation (PyTorch's default instead)": ["--init", "torch-default"],
    "one-cycle schedule (half the rate, constant)": ["--schedule", "constant", "--lr", "0.1", "--muon-lr", "0.05"],
    "Nesterov": ["--no-nesterov"],
    "a lower rate for heads of many inputs": ["--head-inputs", "0"],
    "weight decay": ["--weight-decay", "0"],
    "clipping": ["--clip-norm", "0"],
    "translation": ["--translate", "0"],
    "reflecting padding (zeros instead)": ["--pad", "zero"],
    "alternation of flips (at random instead)": ["--flip", "random"],
    "flips": ["--flip", "none"],
    "weight averaging": ["--weight-average", "0"],
}

# What is changed in it. Beside the gradient momentum does not multiply the decay, so ten times as much of it is as much.
WITH = {
    "decoupled weight decay (5e-3 beside the gradient)": ["--decoupled-decay", "--weight-decay", "5e-3"],
    "label smoothing of 0.1": ["--label-smoothing", "0.1"],
    "convolutions without Winograd's filtering": ["--kernels", "direct"],
}

WHOLE = "fast"
CHANCE = 10.0  # percent right by guessing, which is what a trial that failed counts as
TRIALS = {WHOLE: []} | {f"without {what}": flags for what, flags in WITHOUT.items()}
TRIALS |= {f"with {what}": flags for what, flags in WITH.items()}
INITIALISATIONS = {what: flags for what, flags in TRIALS.items() if not flags or flags[0] == "--init"}


def paragraphs(measured):
    text = ["Accuracy on the test images in percent, mean and standard deviation over the seeds, and the change from the whole "
            "recipe: the mean over pairs of one seed, and its 95 % interval by Student's t. Five epochs of 10,000 images are few "
            "steps; what is for longer trainings shows little here, or costs."]
    for variant, found in measured["accuracies"].items():
        rows = []
        for trial, accuracies in found.items():
            differences = [b - a for a, b in zip(found[WHOLE], accuracies, strict=True)]
            rows.append([trial, pairs.mean_text(accuracies), *(["", ""] if trial == WHOLE else pairs.change_cells(differences))])
        text.append(f"## `{variant}`\n\n" + report.table(["recipe", "accuracy", "change, points", "interval"], rows))
    return text


def main():
    parser = pairs.arguments(__doc__, "recipe-ablation", VARIANTS)
    parser.add_argument("--deep", nargs="*", default=DEEP, help="variants by which initialisations alone are compared")
    options = pairs.parsed(parser)
    options.deep = [] if options.quick else [name for name in options.deep if name not in options.variants]
    measured = {"context": pairs.context(options), "accuracies": {}}
    for variants, trials in ((options.variants, TRIALS), (options.deep, INITIALISATIONS)):
        found = pairs.train(options, trials, variants, failed=CHANCE)
        measured["accuracies"] |= {variant: {trial: found[trial, variant] for trial in trials} for variant in variants}
    report.write(options.output, "recipe-ablation", "What each option of the recipe brings", measured, paragraphs(measured))
    return 0


if __name__ == "__main__":
    sys.exit(main())
