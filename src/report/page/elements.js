// Elements of the page. Whatever comes from the run goes through textContent, so that it stays text.

/// <tag> with attributes (functions are listeners) and children (elements or texts).
function element(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
        if (typeof value === "function") made.addEventListener(name, value);
        else if (value === true) made.setAttribute(name, "");
        else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
    }
    made.append(...children.filter((child) => child !== null && child !== undefined));
    return made;
}

let labels = 0;
/// A labelled <select> of [value, text] pairs; `onChange` hears of the chosen value.
function choice(label, options, onChange, chosen = undefined) {
    const id = `choice-${(labels += 1)}`;
    const select = element(
        "select",
        { id, change: () => onChange(select.value) },
        ...options.map(([value, text]) => element("option", { value, selected: value === chosen }, text)),
    );
    return element("span", { class: "control" }, element("label", { for: id }, label), select);
}

function searchField(label, hint, onInput) {
    const id = `search-${(labels += 1)}`;
    let waiting = 0;
    const field = element("input", {
        id,
        type: "search",
        placeholder: hint,
        autocomplete: "off",
        spellcheck: "false",
        input: () => {
            clearTimeout(waiting);
            waiting = setTimeout(() => onInput(field.value), 120);
        },
    });
    return element("span", { class: "control wide" }, element("label", { for: id }, label), field);
}

const variantLink = (variant) =>
    element("a", { href: `#variant=${encodeURIComponent(variant.variant)}` }, variant.variant);

/// Whether every word of `query` is somewhere in `text`, which is in lower case.
function hasWords(text, query) {
    return query
        .toLowerCase()
        .split(/\s+/)
        .every((word) => text.includes(word));
}
