#!/usr/bin/env python3
"""How accurate the best variant is: it and its recipe are chosen by their accuracy on held-out validation images, then it
is trained on all training images with several seeds.

    python3 bench/best.py --data-dir data/cifar-10-batches-bin     # docs/results/best.md

Variants train for fewer epochs, by the recipe `fast`, to be told apart, and recipes for all epochs on one smaller variant;
no test image has a part in either choice. (`fast` itself is older: tables of test accuracy had a part in what it is,
docs/results/recipe-ablation.md and unnormalised.md.)
"""

import math
import statistics
import sys

import kept_trials
import pairs
import report

NAME = "best"
GOAL = 90.0  # percent of the test images, mean of three seeds

# What is changed in the recipe `fast`: nothing, or members of it.
RECIPES = ({}, {"label_smoothing": 0.2, "muon_lr": 0.2})


def recipe_text(changes):
    return " ".join(["`fast`", *(f"--{key.replace('_', '-')} {value}" for key, value in changes.items())])


def percent(accuracy, ended=False):
    if accuracy is None:
        return "failed" if ended else "not trained yet"
    return f"{100 * accuracy:.2f}"


def choice(trials, kind, candidates):
    """The best name of `candidates`, trials by name, or None while some are not trained, and what to say of them."""
    validation, ended = trials.figures("last_validation_accuracy"), trials.ended()
    text = [report.table([kind, "validation"], [[name, percent(validation.get(identity), identity in ended)]
                                                for name, identity in candidates.items()])]
    found = {name: validation[identity] for name, identity in candidates.items() if identity in validation}
    if not found or not ended >= set(candidates.values()):
        return None, text
    best = max(found, key=found.get)
    held_out = trials.figures("validation_images")[candidates[best]]
    noise = 2 * math.sqrt(2 * found[best] * (1 - found[best]) / held_out)  # two standard deviations of a difference
    tied = sum(found[best] - value < noise for value in found.values())
    if tied > 1:
        text.append(f"{tied} of them lie within noise of the best one ({100 * noise:.2f} points with {held_out:,} images), "
                    "which is the likelier choice and no sure one.")
    return best, text


def main():
    parser = kept_trials.arguments(__doc__, NAME)
    parser.add_argument("--variants", nargs="+", help="candidates",
                        default=[f"paper/{axes}-conv3.bn.relu" for axes in ("d4-c2", "d4-c3", "d4-c4", "d5-c2")])
    parser.add_argument("--choose-after", type=int, default=1, help="epochs of a candidate (1)")
    parser.add_argument("--recipes-by", default="paper/d4-c2-conv3.bn.relu", help="the variant by which recipes are told apart")
    parser.add_argument("--seeds", type=int, default=3, help="seeds 0, 1, … of the best one (3)")
    options = report.parsed(parser)
    if options.quick:
        options.variants, options.choose_after, options.epochs = ["compact/d1-c1-conv3.bn.relu", "compact/d1-c2-conv3.bn.relu"], 1, 1
        options.recipes_by = options.variants[0]
    trials = kept_trials.KeptTrials(options, NAME, seeds=f"0 of the candidates, 0 to {options.seeds - 1} of the best one")
    by_variant = {f"`{name}`": trials.plan(name, epochs=options.choose_after) for name in options.variants}
    by_recipe = {recipe_text(changes): trials.plan(options.recipes_by, **changes) for changes in RECIPES}
    finals = {(f"`{name}`", recipe_text(changes)): [trials.plan(name, validation_images=0, seed=seed, **changes)
                                                    for seed in range(options.seeds)]
              for name in options.variants for changes in RECIPES}
    trials.train([*by_variant.values(), *by_recipe.values()])
    variant, text = choice(trials, "candidate", by_variant)
    text.insert(0, f"Candidates, trained with --epochs {options.choose_after} by the recipe `fast`, seed 0: accuracy on the validation "
                   "images, in percent.")
    recipe, tried = choice(trials, "recipe", by_recipe)
    text += [f"Recipes, by which `{options.recipes_by}` was trained with --epochs {options.epochs}, seed 0: the same.", *tried]
    if variant is not None and recipe is not None:
        best = finals[variant, recipe]
        trials.train(best)
        found = trials.figures("test_accuracy")
        tests = [found.get(identity) for identity in best]
        text += [f"{variant}, trained by {recipe} with --epochs {options.epochs} on all training images: accuracy on the test images, "
                 "which a trial sees once, after its last epoch, without augmentation, in percent.",
                 report.table(["seed", "test"], [[seed, percent(value, identity in trials.ended())]
                                                 for seed, (identity, value) in enumerate(zip(best, tests, strict=True))])]
        if None not in tests and len(tests) > 1:
            mean = 100 * statistics.mean(tests)
            _, half = pairs.interval([100 * value for value in tests])
            text.append(f"Mean {mean:.2f}, standard deviation {100 * statistics.stdev(tests):.2f}, 95 % interval of the mean "
                        f"by Student's t {mean - half:.2f} to {mean + half:.2f}. Goal, {GOAL:.1f}: "
                        + ("met." if mean >= GOAL else f"**missed by {GOAL - mean:.2f}**."))
    found = trials.figures("test_accuracy")
    earlier = {pair: [100 * found[identity] for identity in identities if identity in found]
               for pair, identities in finals.items() if pair != (variant, recipe)}
    if any(earlier.values()):
        text += ["Others were trained on all training images too, while they were the choice. So test images have been looked at "
                 "before, by whoever then went on to further variants and recipes:",
                 report.table(["variant", "recipe", "seeds", "test"],
                              [[*pair, len(tests), pairs.mean_text(tests) if len(tests) > 1 else f"{tests[0]:.2f}"]
                               for pair, tests in earlier.items() if tests])]
    trials.write("The best variant", [*text, trials.sessions()])
    return 0


if __name__ == "__main__":
    sys.exit(main())
