// Tables that are sorted by their headings and shown page by page.

/// A column: `text(row)` is what its cell shows (text or an element), `key(row)` what it is sorted by (a number, a
/// text, or null, which comes last); `number` aligns to the right.
function sortable(
    columns,
    { caption, perPage = 50, sortedBy = null, descending = false, onPage = () => {} },
) {
    let rows = [];
    let first = 0;
    let by = sortedBy === null ? null : columns.find((column) => column.label === sortedBy);
    let down = descending;

    const head = element("tr");
    const body = element("tbody");
    const status = element("p", { class: "quiet status", role: "status" });
    const pages = element("nav", { class: "pages", "aria-label": `Pages of ${caption}` });
    const scroller = element(
        "div",
        { class: "scroller", role: "region", tabindex: "0", "aria-label": caption },
        element("table", {}, element("caption", {}, caption), element("thead", {}, head), body),
    );

    const headings = new Map(); // of this table: columns may be others' too
    for (const column of columns) {
        const button = element(
            "button",
            { type: "button", title: column.help, click: () => sortBy(column) },
            column.label,
            element("span", { class: "arrow", "aria-hidden": "true" }),
        );
        headings.set(column, element("th", { scope: "col", class: column.number ? "number" : null }, button));
        head.append(headings.get(column));
    }

    function sortBy(column) {
        // Figures are looked at for their highest first, names from A.
        down = by === column ? !down : Boolean(column.number);
        by = column;
        sort();
        show(0);
    }
    function sort() {
        for (const [column, heading] of headings) {
            if (column === by) heading.setAttribute("aria-sort", down ? "descending" : "ascending");
            else heading.removeAttribute("aria-sort");
        }
        if (by === null) return;
        const keyed = rows.map((row, place) => ({ row, place, key: by.key(row) }));
        const isMissing = (key) => key === null || key === undefined || key === "" || Number.isNaN(key);
        keyed.sort((a, b) => {
            if (isMissing(a.key) || isMissing(b.key))
                return isMissing(a.key) - isMissing(b.key) || a.place - b.place;
            const order = a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
            return (down ? -order : order) || a.place - b.place;
        });
        rows = keyed.map(({ row }) => row);
    }
    function show(from) {
        first = Math.max(0, Math.min(from, Math.floor((rows.length - 1) / perPage) * perPage));
        const shown = rows.slice(first, first + perPage);
        body.replaceChildren(
            ...shown.map((row) =>
                element(
                    "tr",
                    { class: row.rowClass },
                    ...columns.map((column, i) =>
                        element(
                            i === 0 ? "th" : "td",
                            {
                                scope: i === 0 ? "row" : null,
                                class:
                                    [column.number ? "number" : "", column.class ?? ""].join(" ").trim() ||
                                    null,
                            },
                            column.text(row),
                        ),
                    ),
                ),
            ),
        );
        showPages();
        onPage(shown);
    }
    function showPages() {
        const last = Math.min(first + perPage, rows.length);
        const turn = (text, label, to, enabled) =>
            element(
                "button",
                {
                    type: "button",
                    "aria-label": label,
                    disabled: !enabled,
                    click: () => {
                        show(to);
                        scroller.scrollTop = 0;
                    },
                },
                text,
            );
        pages.hidden = rows.length <= perPage;
        pages.replaceChildren(
            turn("«", "First page", 0, first > 0),
            turn("‹", "Previous page", first - perPage, first > 0),
            element(
                "span",
                {},
                `${whole(rows.length ? first + 1 : 0)}–${whole(last)} of ${whole(rows.length)}`,
            ),
            turn("›", "Next page", first + perPage, last < rows.length),
            turn("»", "Last page", rows.length, last < rows.length),
        );
    }
    return {
        element: element("div", { class: "table" }, status, scroller, pages),
        /// Shows these rows, sorted as before; `words` say which they are.
        set(newRows, words = "") {
            rows = [...newRows];
            status.textContent = words;
            status.hidden = !words;
            sort();
            show(0);
        },
        rows: () => rows,
        firstRowsShown: (n) => rows.slice(first, first + n),
        /// Turns to the page that has `row`.
        turnTo(row) {
            const at = rows.indexOf(row);
            if (at >= 0) show(Math.floor(at / perPage) * perPage);
            return at >= 0;
        },
    };
}

/// Columns of names, and of quantities as `format` has them.
const named = (label, of, help) => ({ label, help, text: of, key: of });
const quantity = (label, of, format = String, help = undefined) => ({
    label,
    help,
    number: true,
    text: (row) => format(of(row)),
    key: of,
});

/// The figures of a chart for those who would rather read than look, made when it is opened.
function asTable(columns, caption, rowsNow) {
    let table = null;
    const details = element(
        "details",
        {
            class: "as-table",
            toggle: () => {
                if (!details.open) return;
                if (table === null) {
                    table = sortable(columns, { caption, perPage: 20 });
                    details.append(table.element);
                }
                table.set(rowsNow());
            },
        },
        element("summary", {}, "The same as a table"),
    );
    return {
        element: details,
        refresh: () => {
            if (details.open && table !== null) table.set(rowsNow());
        },
    };
}
