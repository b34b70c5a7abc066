/* What a node is computed from, and where it goes: a list, and a lit path. */

function relating({ say, find, root, model, card, view, extras }) {
  let shown = ""; /* which of the two is open */

  function relate(step) {
    const index = step.nodes.length ? step.nodes[step.nodes.length - 1] : model().output;
    const name = model().nodes[index].name;
    for (const one of root.querySelectorAll("[data-show]")) {
      one.textContent = say(one.dataset.show === "contributes" ? "contributes_title" : "goes_title", { name });
      one.setAttribute("aria-pressed", String(shown === one.dataset.show));
    }
    const box = find(".relations");
    box.hidden = !shown;
    const path = shown ? (shown === "contributes" ? model().before(index) : model().beyond(index)) : null;
    view().path(path);
    for (const extra of extras) extra.path?.(path);
    if (!shown) return;
    const { rank, values } = model();
    const known = (i) => rank[i] <= step.computed && typeof values[i] === "number" ? format(values[i]) : "";
    box.innerHTML = card().relations(index, shown, known);
  }

  /* One of them is opened, or closed again. */
  function toggle(which, step) {
    shown = shown === which ? "" : which;
    relate(step);
  }
  return { relate, toggle };
}
