/* What if: leaves to drag, or to type, where the page can compute the graph. */

function whatIf({ say, find, lesson, model, renumbered }) {
  function build() {
    if (!model().canReplay) return;
    const { nodes, values } = model();
    find(".whatif").hidden = false;
    find(".leaves").innerHTML = nodes.filter((node) => !node.form).slice(0, 40).map(({ index, name }) => {
      const x = lesson.values[index];
      const reach = Number.isFinite(2 * x) ? Math.max(Math.abs(x) * 2, 2) : 2;
      const value = values[index];
      const exact = Number.isFinite(value) ? value : "";
      return `<div class="leaf"><label for="drag${index}">${escape(name)}</label>
        <input type="range" id="drag${index}" data-leaf="${index}" min="${-reach}" max="${reach}" step="${reach / 100}" value="${value}">
        <input type="number" data-exact="${index}" step="any" value="${exact}" placeholder="${escape(format(value))}" aria-label="${escape(say("exactly", { name }))}"></div>`;
    }).join("");
  }

  /* By the slider or by the number: the other one follows. What is no number leaves it as it was. */
  function set(input) {
    if (input.value === "") return;
    const other = input.dataset.leaf ? input.nextElementSibling : input.previousElementSibling;
    other.value = input.value;
    model().set(Number(input.dataset.leaf ?? input.dataset.exact), Number(input.value));
    renumbered();
  }
  function reset() {
    model().reset();
    build();
    renumbered();
  }
  return { build, set, reset };
}
