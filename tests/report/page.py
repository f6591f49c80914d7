"""The page of `fractal report` in a browser: charts drawn, tables sorted and filtered, no error, no request, nothing
of the run taken for markup, readable in the dark and on a phone.

    page.py --fractal build/bin/fractal --make-run build/bin/make_run [--screenshots FOLDER] [--trials N]

Exits with 77, which CTest counts as skipped, where there is no Chromium."""
import argparse
import collections
import json
import math
import pathlib
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import unittest

from browser import Browser, find_chromium

SKIPPED = 77
SEEDS, EPOCHS = 4, 12
CHARTS = ("pareto", "curves", "heat-map", "order-effects", "place-effects", "memory")
TEXTS = {"</script>", "<img src=x", "is no UTF-8"}


def cpu_of_children():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


class Page(unittest.TestCase):
    options = folder = browser = None

    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory(prefix="fractal-report-")
        cls.folder = pathlib.Path(cls.temporary.name)
        run = cls.folder / "a run"
        variants = cls.options.trials // SEEDS
        subprocess.run([cls.options.make_run, run, str(variants), str(SEEDS), str(EPOCHS)], check=True)
        before = cpu_of_children()
        written = subprocess.run([cls.options.fractal, "report", run], capture_output=True, text=True, check=True)
        cls.report_seconds = cpu_of_children() - before
        cls.said, cls.file = written.stdout, run / "report.html"
        cls.database = sqlite3.connect(run / "results.sqlite")
        cls.browser = Browser(find_chromium())
        cls.browser.screen(1280, 900)
        cls.load()

    @classmethod
    def tearDownClass(cls):
        cls.browser.__exit__()
        cls.database.close()
        cls.temporary.cleanup()

    @classmethod
    def load(cls, fragment=""):
        cls.browser.call("Page.navigate", url="about:blank")
        cls.browser.call("Page.navigate", url=cls.file.as_uri() + fragment)
        cls.browser.wait_for("document.documentElement?.dataset?.ready === 'true'")

    def value(self, sql, *parameters):
        return self.database.execute(sql, parameters).fetchone()[0]

    def js(self, expression):
        return self.browser.run(expression)

    def picture(self, name):
        if self.options.screenshots:
            pathlib.Path(self.options.screenshots).mkdir(parents=True, exist_ok=True)
            self.browser.screenshot(pathlib.Path(self.options.screenshots) / f"{name}.png")

    def draw(self, chart):
        self.js(f"document.getElementById('{chart}').scrollIntoView(), 0")
        self.browser.wait_for(f"document.querySelector('#{chart} figure').dataset.drawn")

    def column(self, label):
        """The cells of a column of the table of trials, as shown."""
        return self.js(f"""(() => {{
            const table = document.querySelector('#trials table');
            const at = [...table.tHead.rows[0].cells].findIndex((cell) => cell.textContent === '{label}');
            return [...table.tBodies[0].rows].map((row) => row.cells[at].textContent); }})()""")

    def heading(self, label):
        return f"[...document.querySelectorAll('#trials th button')].find((one) => one.textContent === '{label}')"

    def filter(self, words):
        self.js("""document.querySelector('#trials input[type=search]').value = %s,
                   document.querySelector('#trials input[type=search]').dispatchEvent(new Event('input')), 0"""
                % json.dumps(words))

    def status(self, text):
        self.browser.wait_for(f"document.querySelector('#trials .status').textContent === {json.dumps(text)}")

    # ---- in the order of their names

    def test_0_is_written_and_read_in_time(self):
        self.assertIn("report.html", self.said)
        self.assertLess(self.report_seconds, 5)
        self.assertLess(self.browser.cpu_seconds(), 5)
        self.assertEqual(self.js("document.querySelector('#summary .value').textContent.replace(',', '')"),
                         str(self.value("SELECT count(*) FROM trial")))
        self.picture("summary")

    def test_1_every_chart_is_drawn(self):
        marks = {"pareto": ".scatterlayer .point", "curves": ".scatterlayer .js-line", "heat-map": ".heatmaplayer image",
                 "order-effects": ".barlayer .point", "place-effects": ".heatmaplayer image",
                 "memory": ".scatterlayer .point"}
        for chart in CHARTS:
            with self.subTest(chart):
                self.draw(chart)
                self.assertEqual(self.js(f"document.querySelector('#{chart} figure').dataset.drawn"), "chart")
                self.assertGreater(self.js(f"document.querySelectorAll('#{chart} {marks[chart]}').length"), 0)
                self.assertTrue(self.js(f"document.querySelector('#{chart} .unseen').textContent"))
                self.picture(chart)
        networks = self.value("SELECT count(*) FROM best WHERE judged_by = 'validation'")
        self.assertEqual(self.js("document.querySelectorAll('#pareto .scatterlayer .point').length"), networks)
        self.assertLessEqual(self.js("document.querySelectorAll('#curves .js-line').length"), 40)

    def test_2_the_front_is_the_front(self):
        axes = {"parameters": ("parameters", "parameters"), "activation_bytes": ("activation_bytes", "bytes kept"),
                "time": ("1 / mean_images_per_second", "milliseconds of training"),
                "latency": ("mean_latency", "milliseconds of evaluating"),
                "macs": ("macs", "multiply-accumulates")}  # as it was found, in the end
        for cost, (column, words) in axes.items():
            with self.subTest(cost):
                best, front = -1, 0
                for (score,) in self.database.execute(
                        f"SELECT mean_score FROM best WHERE judged_by = 'validation' ORDER BY {column}, mean_score DESC"):
                    front, best = front + (score > best), max(best, score)
                self.draw("pareto")
                self.js(f"""document.querySelector('#pareto select').value = '{cost}',
                            document.querySelector('#pareto select').dispatchEvent(new Event('change')), 0""")
                self.browser.wait_for(
                    f"document.querySelector('#pareto .plot').layout.xaxis.title.text.startsWith('{words}')")
                self.browser.wait_for(f"document.querySelector('#pareto .plot').data.at(-1).x.length === {front}")

    def test_2_the_effects_are_the_effects(self):
        shapes, orders = collections.defaultdict(list), collections.defaultdict(list)
        for family, depth, columns, order, score in self.database.execute(
                "SELECT family, depth, columns, layer_order, avg(score) FROM trial WHERE disposition = 'finished' "
                "AND judged_by = 'validation' GROUP BY fingerprint"):
            shapes[family, depth, columns].append((order, score))
        for networks in shapes.values():
            if len(networks) > 1:
                mean = statistics.mean(score for _, score in networks)
                for order, score in networks:
                    orders[order].append(100 * (score - mean))
        shown = self.js("""(({ x, y }) => Object.fromEntries(y.map((name, i) => [name, x[i]])))(
                           document.querySelector('#order-effects .plot').data[0])""")
        self.assertEqual(set(shown), set(orders))
        for order, differences in orders.items():
            self.assertTrue(math.isclose(shown[order], statistics.mean(differences), abs_tol=1e-4), order)

    def test_3_headings_sort_all_trials(self):
        def numbers(label):
            return [float(text.rstrip(" %")) for text in self.column(label)]

        for label, column in (("validation", "last_validation_accuracy"), ("test", "test_accuracy")):
            self.js(f"{self.heading(label)}.click(), 0")
            shown = numbers(label)
            self.assertEqual(shown, sorted(shown, reverse=True))
            self.assertAlmostEqual(shown[0], 100 * self.value(f"SELECT max({column}) FROM trial"), delta=0.006)
            self.js(f"{self.heading(label)}.click(), 0")
            shown = numbers(label)
            self.assertEqual(shown, sorted(shown))
            self.assertAlmostEqual(shown[0], 100 * self.value(f"SELECT min({column}) FROM trial"), delta=0.006)
            self.assertEqual(self.js(f"{self.heading(label)}.closest('th').ariaSort"), "ascending")
        # What has no test accuracy comes last, whichever way.
        self.js("document.querySelector('#trials .pages [aria-label=\"Last page\"]').click(), 0")
        self.assertEqual(set(self.column("test")), {"–"})

    def test_3_the_keyboard_sorts_too(self):
        self.js(f"{self.heading('trial')}.focus(), 0")
        self.browser.press("Enter", 13)
        self.assertEqual(self.js(f"{self.heading('trial')}.closest('th').ariaSort"), "descending")
        self.assertEqual(self.column("trial")[0], str(self.value("SELECT max(id) FROM trial")))

    def test_4_words_filter(self):
        trials = self.value("SELECT count(*) FROM trial")
        for text in TEXTS:
            with self.subTest(text):
                self.filter(text)
                found = self.value("SELECT count(*) FROM trial WHERE instr(reason, ?1) OR instr(variant, ?1)", text)
                self.assertGreater(found, 0)
                self.status(f"{found:,} of {trials:,} trials")
        self.filter("compact d2-c3 FAILED")
        found = self.value("SELECT count(*) FROM trial WHERE variant GLOB 'compact/d2-c3-*' AND disposition = 'failed'")
        self.status(f"{found:,} of {trials:,} trials")
        self.filter("")
        self.status(f"All {trials:,} trials")

    def test_4_dispositions_filter(self):
        trials = self.value("SELECT count(*) FROM trial")
        dispositions = self.database.execute("SELECT disposition, count(*) FROM trial GROUP BY 1").fetchall()
        self.assertEqual(len(dispositions), 9)
        for disposition, found in dispositions:
            with self.subTest(disposition):
                self.js(f"document.getElementById('only-{disposition}').click(), 0")
                self.status(f"{found:,} of {trials:,} trials")
                self.assertEqual(set(self.column("disposition")), {disposition})
                if disposition not in ("finished", "pending", "running"):
                    self.assertNotIn("", self.column("reason"))
                self.js(f"document.getElementById('only-{disposition}').click(), 0")
        self.js("document.getElementById('trials').scrollIntoView(), 0")
        self.picture("trials")

    def test_5_a_variant_shows_its_columns_and_trials(self):
        name, columns, order = self.database.execute(
            "SELECT variant, columns, layer_order FROM trial WHERE columns = 3 AND family = 'compact' "
            "AND disposition = 'finished' ORDER BY id LIMIT 1").fetchone()
        self.js(f"location.hash = '#variant=' + encodeURIComponent({json.dumps(name)}), 0")
        self.browser.wait_for("document.querySelector('details.variant[open] .variant-body')")
        drawing = "document.querySelector('details.variant[open] .drawing').shadowRoot.querySelector('svg')"
        self.assertEqual(self.js("document.querySelector('details.variant[open] .name').textContent"), name)
        self.assertEqual(self.js(f"{drawing}.querySelectorAll('.firing').length"), 2 ** columns - 1)
        self.assertEqual(self.js(f"{drawing}.querySelector('.order').textContent"), order)
        self.assertIn(name, self.js(f"{drawing}.querySelector('title').textContent"))
        self.assertEqual(self.js("document.querySelectorAll('details.variant[open] tbody tr').length"),
                         self.value("SELECT count(*) FROM trial WHERE variant = ?", name))
        self.browser.wait_for("document.querySelector('details.variant[open] figure').dataset.drawn === 'chart'")
        self.picture("variant")

    def test_5_a_strange_variant_has_no_drawing_and_says_so(self):
        name = self.value("SELECT variant FROM trial WHERE fingerprint = '0123456789abcdef' LIMIT 1")
        self.load("#variant=" + "".join(f"%{byte:02x}" for byte in name.encode()))
        self.browser.wait_for("document.querySelector('details.variant[open] .variant-body')")
        self.assertEqual(self.js("document.querySelector('details.variant[open] .name').textContent"), name)
        self.assertIn("No drawing", self.js("document.querySelector('details.variant[open]').textContent"))

    def test_6_another_pool_is_another_page(self):
        self.load()
        self.draw("pareto")
        self.js("""document.querySelector('#summary select').value = '1',
                   document.querySelector('#summary select').dispatchEvent(new Event('change')), 0""")
        self.browser.wait_for(
            "document.querySelector('#pareto .plot').layout.yaxis.title.text === 'test accuracy on cifar10'")
        networks = self.value("SELECT count(*) FROM best WHERE judged_by = 'test'")
        self.browser.wait_for(f"document.querySelectorAll('#pareto .scatterlayer .point').length === {networks}")

    def test_7_the_dark(self):
        self.browser.screen(1280, 900, dark=True)
        self.draw("pareto")
        lightness = self.js("""getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)
                               .reduce((a, b) => a + b) / 3""")
        self.assertLess(lightness, 60)
        self.browser.wait_for("document.querySelector('#pareto .plot').layout.font.color === '#e3e8ef'")
        self.picture("dark")
        self.browser.screen(1280, 900)

    def test_7_a_phone(self):
        self.browser.screen(390, 844, phone=True)
        self.load()
        for chart in CHARTS:
            self.draw(chart)
            self.picture(f"phone-{chart}")
        self.assertLessEqual(self.js("document.documentElement.scrollWidth"), 390)
        self.browser.screen(1280, 900)

    def test_8_everything_has_a_name_for_a_screen_reader(self):
        self.browser.call("Accessibility.enable")
        nodes = self.browser.call("Accessibility.getFullAXTree")["nodes"]
        roles = collections.Counter()
        for node in nodes:
            role = node.get("role", {}).get("value")
            if role in ("button", "combobox", "searchbox", "checkbox", "img", "image", "link", "region", "table"):
                roles[role] += 1
                if not node["ignored"] and not node.get("name", {}).get("value"):
                    markup = self.browser.call("DOM.getOuterHTML", backendNodeId=node["backendDOMNodeId"])
                    self.fail(f"a {role} has no name: {markup['outerHTML'][:300]}")
        self.assertGreater(roles["button"], 10)
        self.assertGreater(roles["combobox"], 2)

    def test_9_nothing_went_wrong_and_nothing_was_asked_for(self):
        self.assertEqual(self.browser.problems, [])
        asked = {url for url in self.browser.requests if not url.startswith(("data:", "about:", "blob:"))}
        self.assertEqual({url.split("#")[0] for url in asked}, {self.file.as_uri()})
        self.assertEqual(self.js("[typeof window.attacked, document.querySelectorAll('main img').length]"),
                         ["undefined", 0])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--fractal", required=True)
    parser.add_argument("--make-run", required=True)
    parser.add_argument("--screenshots")
    parser.add_argument("--trials", type=int, default=5000)
    Page.options = parser.parse_args()
    if find_chromium() is None:
        print("skipped: no Chromium (./dev test installs it on Debian; a snap cannot be driven so)")
        sys.exit(SKIPPED)
    unittest.main(argv=sys.argv[:1], failfast=True, verbosity=2)


if __name__ == "__main__":
    main()
