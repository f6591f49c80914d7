"""Holds the reference implementation against the oracles and laws of docs/semantics.md."""

from __future__ import annotations

import dataclasses
import io
import itertools
import unittest
from contextlib import redirect_stderr, redirect_stdout

import torch
from torch import Tensor, nn

import costs
import sample
from costs import measure_cost
from drop_path import only_column
from philox import philox4x32_10
from reference import (
    BatchNorm,
    Network,
    Unit,
    channel_mask,
    firings_that_run,
    join,
)
from spec import parse
from trial import make_trial

PAPER = "net/3x32x32-d{}-c{}-w64-flat10-conv3"
LARSSON = "net/3x32x32-d5-c3-w64-flat10-conv3.bn.relu-t1-ud0.10.20.30.40"


def small_network(name: str, seed: int = 1) -> tuple[Network, Tensor]:
    """A network in float64 with weights that differ from layer to layer, and a batch for it."""
    trial = make_trial(name, batch=4, steps=1, seed=seed, dtype=torch.float64)
    network = Network(parse(name), seed).double()
    network.load_state_dict(trial.initial)
    return network, trial.images


class Names(unittest.TestCase):
    def test_round_trip(self) -> None:
        for name in [
            *sample.all_names(),
            LARSSON,
            "net/3x32x32-d3-c2-w64-flat10-conv3.bn.drop20-prejoin-t1-ud0.10.20",
        ]:
            self.assertEqual(str(parse(name)), name)

    def test_refuses_what_is_no_network(self) -> None:
        for name in (
            "paper/d1-c1-conv3",
            "net/3x32x32-d1-c1-w4-flat10-bn.relu",
            "net/3x32x32-d1-c1-w4-flat10-conv2",
            "net/3x32x32-d1-c1-w4-flat10-conv3.swish",
            "net/3x32x32-d1-c0-w4-flat10-conv3",
            "net/3x32x32-d1-c9-w4-flat10-conv3",
            "net/3x32x32-d6-c1-w4-flat10-conv3",
            "net/3x32x32-d2-c1-w4-flat10-conv3-ud10",
            "net/3x32x32-d1-c1-w4-flat10-conv3-t1-prejoin",
        ):
            with self.assertRaises(ValueError, msg=name):
                parse(name)

    def test_sample_covers_every_axis_value(self) -> None:
        families = {
            "paper": (sample.paper(), 5, 6, 41),
            "compact": (sample.compact(), 4, 5, 60),
        }
        for family, (names, depths, columns, orders) in families.items():
            with self.subTest(family):
                specs = [parse(name) for name in names]
                pairs = {(spec.depth, spec.columns) for spec in specs}
                self.assertEqual(pairs, set(itertools.product(range(1, depths + 1), range(1, columns + 1))))
                self.assertEqual(len({spec.order for spec in specs}), orders)
        self.assertEqual({parse(name).columns for name in sample.larsson()}, set(range(1, 7)))
        self.assertEqual(len(set(sample.all_names())), len(sample.all_names()))


class Oracles(unittest.TestCase):
    def test_published_family(self) -> None:
        for depth, columns, parameters, firings in (
            (5, 2, 13_316_490, 15),
            (4, 3, 17_204_298, 28),
            (3, 3, 4_248_650, 21),
        ):
            cost = measure_cost(parse(PAPER.format(depth, columns)))
            self.assertEqual((cost.parameters, cost.firings), (parameters, firings))

    def test_depth_study(self) -> None:
        found = [
            measure_cost(parse(f"net/3x32x32-d5-c{c}-w16-flat100-conv3.bn.relu")).parameters
            for c in range(1, 7)
        ]
        self.assertEqual(found, [258_292, 847_716, 2_125_204, 4_778_820, 10_184_692, 21_095_076])

    def test_fractalnet_20(self) -> None:
        self.assertEqual(measure_cost(parse(LARSSON)).parameters, 38_647_114)

    def test_parameter_formula(self) -> None:
        for depth, columns in itertools.product(range(1, 6), range(1, 6)):
            spec = parse(PAPER.format(depth, columns))
            expected = spec.features() * spec.classes + spec.classes
            for unit in range(depth):
                out, inputs = spec.unit_width(unit), spec.unit_input(unit)
                expected += 9 * out * (columns * inputs + (2**columns - 1 - columns) * out)
            self.assertEqual(measure_cost(spec).parameters, expected)

    def test_macs_and_saved_bytes_of_one_convolution(self) -> None:
        cost = measure_cost(parse("net/3x32x32-d1-c1-w64-flat10-conv3"))
        self.assertEqual(cost.macs, 9 * 3 * 64 * 32 * 32 + 64 * 16 * 16 * 10)
        image, convolved, pooled = 3 * 32 * 32 * 4, 64 * 32 * 32 * 4, 64 * 16 * 16 * 4
        self.assertEqual(
            cost.activation_bytes, image + convolved + 2 * pooled + pooled
        )  # indices take 8 bytes

    def test_costs_are_the_same_on_the_meta_device_and_for_any_batch(self) -> None:
        for name in sample.options() + sample.larsson()[:4] + sample.paper()[::12] + sample.compact()[::12]:
            spec = parse(name)
            self.assertEqual(measure_cost(spec), measure_cost(spec, "cpu", batch=3), name)


class Philox(unittest.TestCase):
    def test_known_answers(self) -> None:
        for counter, key, answer in (
            ((0, 0, 0, 0), (0, 0), "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
            ((2**32 - 1,) * 4, (2**32 - 1,) * 2, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
            (
                (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
                (0xA4093822, 0x299F31D0),
                "d16cfe09 94fdcceb 5001e420 24126ea1",
            ),
        ):
            self.assertEqual(" ".join(f"{int(word):08x}" for word in philox4x32_10(counter, key)), answer)

    def test_mask_frequencies(self) -> None:
        for percent in (10, 20, 40):
            mask = channel_mask(batch=200, channels=512, percent=percent, slot=3, step=7, seed=2**40 + 5)
            self.assertEqual(mask.unique().tolist(), [0.0, 1 / (1 - percent / 100)])
            self.assertAlmostEqual((mask == 0).double().mean().item(), percent / 100, delta=0.006)

    def test_masks_differ_by_slot_step_and_both_halves_of_the_seed(self) -> None:
        base = {"slot": 3, "step": 7, "seed": 5}
        first = channel_mask(8, 64, 50, **base)
        for change in ({"slot": 4}, {"step": 8}, {"seed": 6}, {"seed": 5 + 2**32}):
            agree = (first == channel_mask(8, 64, 50, **(base | change))).double().mean().item()
            self.assertAlmostEqual(agree, 0.5, delta=0.1)

    def test_a_larger_batch_begins_with_the_smaller_ones_masks(self) -> None:
        self.assertTrue(torch.equal(channel_mask(8, 6, 20, 1, 0, 9)[:4, :4], channel_mask(4, 4, 20, 1, 0, 9)))


class Layers(unittest.TestCase):
    def test_join_is_a_flat_mean(self) -> None:
        a, b, c = torch.randn(3, 2, 4, 5, 5, dtype=torch.float64)
        torch.testing.assert_close(join([a, b, c]), torch.stack([a, b, c]).mean(0))
        self.assertGreater((join([a, b, c]) - join([join([a, b]), c])).norm().item(), 0.1)
        self.assertIs(join([a]), a)

    def test_batch_norm_is_pytorchs(self) -> None:
        ours, theirs = BatchNorm(6), nn.BatchNorm2d(6)
        for _ in range(3):
            x = torch.randn(4, 6, 5, 5) * 3 + 1
            torch.testing.assert_close(ours(x), theirs(x))
        torch.testing.assert_close(ours.running_mean, theirs.running_mean)
        torch.testing.assert_close(ours.running_var, theirs.running_var)
        torch.testing.assert_close(ours.eval()(x), theirs.eval()(x))

    def test_slots_number_every_layer_of_every_firing(self) -> None:
        network = Network(parse("net/3x32x32-d2-c2-w4-flat10-relu.drop20.conv3-t1-ud10.20"))
        # Per unit a transition, three firings of three layers, the unit dropout.
        slots = [module.slot for module in network.modules() if hasattr(module, "slot")]
        self.assertEqual(slots, [2, 5, 8, 10, 13, 16, 19, 21])

    def test_dropout_is_the_identity_in_evaluation(self) -> None:
        network, images = small_network("net/3x32x32-d1-c1-w4-flat10-conv3.drop20")
        plain, _ = small_network("net/3x32x32-d1-c1-w4-flat10-conv3")
        plain.load_state_dict(network.state_dict())
        torch.testing.assert_close(network.eval()(images), plain(images), rtol=0, atol=0)
        self.assertGreater((network.train()(images) - plain(images)).norm().item(), 0.01)

    def test_pool_placement_matters_from_two_columns_on(self) -> None:
        for columns, same in ((1, True), (2, False)):
            name = f"net/3x32x32-d2-c{columns}-w4-flat10-conv3.bn"
            after, images = small_network(name)
            before, _ = small_network(f"{name}-prejoin")
            before.load_state_dict(after.state_dict())
            self.assertEqual(torch.allclose(after(images), before(images)), same)


def recursion(unit: Unit, z: Tensor, columns: int, fired: list[int]) -> list[Tensor]:
    """columns<C>(z) of docs/semantics.md; `fired` counts each column's firings, to find their weights."""

    def fire(column: int, x: Tensor) -> Tensor:
        fired[column] += 1
        return unit.get_submodule(f"step{fired[column] * 2**column}.column{column}")(x)

    if columns == 1:
        return [fire(0, z)]
    inner = recursion(unit, join(recursion(unit, z, columns - 1, fired)), columns - 1, fired)
    return [*inner, fire(columns - 1, z)]


class Fractal(unittest.TestCase):
    def test_state_dict_keys(self) -> None:
        network = Network(parse("net/3x32x32-d1-c2-w4-flat10-conv3.bn-t1"))
        firings = ("unit0.step1.column0", "unit0.step2.column0", "unit0.step2.column1")
        parts = ("layer0.weight", "layer1.weight", "layer1.bias", "layer1.running_mean", "layer1.running_var")
        expected = [
            "unit0.transition.weight",
            *(f"{f}.{p}" for f in firings for p in parts),
            "head.weight",
            "head.bias",
        ]
        self.assertEqual(list(network.state_dict()), expected)

    def test_steps_and_recursion_are_the_same_network(self) -> None:
        for columns in range(1, 6):
            network, images = small_network(f"net/3x32x32-d1-c{columns}-w4-flat10-conv3.relu")
            unit = network.get_submodule("unit0")
            by_recursion = join(recursion(unit, images, columns, [0] * columns))
            by_steps = unit(images, {})
            torch.testing.assert_close(nn.functional.max_pool2d(by_recursion, 2), by_steps)

    def test_firings_and_longest_path(self) -> None:
        for columns in range(1, 9):
            spec = parse(f"net/3x32x32-d1-c{columns}-w4-flat10-conv3")
            fired = [j for step in range(1, spec.steps + 1) for j in spec.fired(step)]
            self.assertEqual(
                [fired.count(j) for j in range(columns)], [2 ** (columns - 1 - j) for j in range(columns)]
            )
            self.assertEqual(sum(map(len, firings_that_run(spec, {}).values())), 2**columns - 1)


class DropPath(unittest.TestCase):
    NAME = "net/3x32x32-d2-c3-w4-flat10-conv3.bn.relu"

    def test_one_column_alone_is_a_plain_chain(self) -> None:
        network, images = small_network(self.NAME)
        for column in range(3):
            x = images
            for unit in range(2):
                for step in range(2**column, 5, 2**column):
                    x = network.get_submodule(f"unit{unit}.step{step}.column{column}").eval()(x)
                x = nn.functional.max_pool2d(x, 2)
            torch.testing.assert_close(
                network.eval().forward_column(images, column), network.head(x.flatten(1))
            )

    def test_what_is_dropped_is_not_computed(self) -> None:
        network, images = small_network(self.NAME)
        before = {key: value.clone() for key, value in network.named_buffers()}
        # Column 0 falls at the first unit's last join, and with it every firing that only it would read.
        network.train()(images, {(0, 4): {1, 2}, (0, 2): {1}, (1, 4): {0}}).sum().backward()
        ran = {key.rpartition(".layer")[0] for key, p in network.named_parameters() if p.grad is not None}
        ran.discard("")
        of_unit0 = {"step2.column1", "step4.column1", "step4.column2"}
        of_unit1 = {"step1.column0", "step2.column0", "step2.column1", "step3.column0", "step4.column0"}
        self.assertEqual(ran, {f"unit0.{f}" for f in of_unit0} | {f"unit1.{f}" for f in of_unit1})
        moved = [key for key, value in network.named_buffers() if not torch.equal(value, before[key])]
        self.assertEqual({key.rpartition(".layer")[0] for key in moved}, ran)

    def test_the_mean_is_over_the_survivors(self) -> None:
        network, images = small_network("net/3x32x32-d1-c2-w4-flat10-conv3")
        unit = network.get_submodule("unit0")
        shallow = unit.get_submodule("step2.column1")(images)
        torch.testing.assert_close(unit(images, {2: {1}}), nn.functional.max_pool2d(shallow, 2))

    def test_a_join_without_survivors_is_refused(self) -> None:
        with self.assertRaises(ValueError):
            firings_that_run(parse(self.NAME), {4: set()})

    def test_global_draw_is_one_column_for_all_units(self) -> None:
        spec = parse(self.NAME)
        for column in range(3):
            draw = only_column(spec, column)
            for unit in range(spec.depth):
                running = firings_that_run(
                    spec, {step: kept for (u, step), kept in draw.items() if u == unit}
                )
                self.assertEqual(
                    {step: columns for step, columns in running.items() if columns},
                    {step: [column] for step in range(2**column, 5, 2**column)},
                )


class Costs(unittest.TestCase):
    def check(self, *rows: dict[str, object]) -> tuple[int, str]:
        """The exit status of costs.py and what it printed."""
        out = io.StringIO()
        with redirect_stdout(out), redirect_stderr(out):
            status = costs.check(list(rows))
        return status, out.getvalue()

    def test_right_and_wrong_claims(self) -> None:
        name = "net/3x32x32-d2-c2-w4-flat10-conv3.bn"
        row = {"full_name": name} | dataclasses.asdict(measure_cost(parse(name)))
        self.assertEqual(self.check(row)[0], 0)
        for claim in costs.CLAIMS:
            status, printed = self.check(row, row | {claim: row[claim] + 1})
            self.assertEqual(status, 1)
            self.assertIn(f"{claim} claimed {row[claim] + 1}, measured {row[claim]}", printed)

    def test_no_rows_and_strange_ones_are_refused(self) -> None:
        for rows in ((), ({"name": "a", "macs": 1},)):
            self.assertEqual(self.check(*rows)[0], 65)


if __name__ == "__main__":
    unittest.main()
