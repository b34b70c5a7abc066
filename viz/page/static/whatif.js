/* What if: leaves to drag, where the page can compute the graph. */

function whatIf({ say, find, lesson, model, renumbered }) {
  function build() {
    if (!model().canReplay) return;
    const { nodes, values } = model();
    find(".whatif").hidden = false;
    find(".leaves").innerHTML = nodes.filter((node) => !node.form).slice(0, 40).map((node) => {
      const x = lesson.values[node.index];
      const reach = Number.isFinite(2 * x) ? Math.max(Math.abs(x) * 2, 2) : 2;
      return `<label><span>${escape(node.name)}</span><input type="range" data-leaf="${node.index}" min="${-reach}" max="${reach}" step="${reach / 100}" value="${values[node.index]}"><output>${escape(format(values[node.index]))}</output></label>`;
    }).join("");
  }

  function drag(input) {
    model().set(Number(input.dataset.leaf), Number(input.value));
    input.nextElementSibling.textContent = format(Number(input.value));
    renumbered();
  }
  function reset() {
    model().reset();
    build();
    renumbered();
  }
  return { build, drag, reset };
}
