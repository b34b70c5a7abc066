/* To a node by its name, or to the next one of an operation; where there is none, that is said. */

function searching({ say, find, model, steps, at, jumpTo, go }) {
  let last = ""; /* to leave the input is not to ask once more */

  /* Whether there is a step to go to, and it is gone to. */
  function search(text, again) {
    const name = text.trim();
    if (!name || (!again && name === last)) return false;
    last = name;
    const wanted = name.toLowerCase();
    const { nodes } = model();
    const named = (matches) => nodes.find((one) => matches(one.whole.toLowerCase()));
    const exact = nodes.find((one) => one.name === name || one.whole === name) ?? named((one) => one === wanted);
    const next = exact ? -1 : following((index) => nodes[index].form?.called.includes(wanted));
    const node = exact ?? (next < 0 ? named((one) => one.startsWith(wanted)) ?? named((one) => one.endsWith(wanted)) : null);
    if (next >= 0) go(next);
    const found = next >= 0 || (node && jumpTo(node.index));
    if (!found) find(".found").textContent = node ? say("never", { name: node.name }) : say("unknown", { name });
    return found;
  }

  /* The next step that is at another of such nodes, from the start again behind the end; −1 where none is. */
  function following(isSuch) {
    const inside = ({ kind, nodes, first, events }) =>
      kind === "forward" ? nodes : kind === "backward" ? model().events.slice(first, events).map(({ node }) => node) : [];
    const count = steps().length;
    const now = inside(steps()[at()]);
    const order = Array.from({ length: count }, (_, k) => (at() + 1 + k) % count);
    const other = order.find((k) => inside(steps()[k]).some((index) => isSuch(index) && !now.includes(index)));
    return other ?? order.find((k) => inside(steps()[k]).some(isSuch)) ?? -1;
  }
  return search;
}
