/* The whole of a computation: a column for each layer, a block for each neuron, or for a part of the way where there are
   none; how much of each is computed, how much has its gradient, and where the step is. A click goes there. */

EXTRAS.push(({ say, lesson, find, model }) => {
  const [COLUMNS, ROWS] = [32, 12];
  const { layer, neuron } = lesson.groups;
  const { nodes } = model();
  const depth = [];
  for (const node of nodes) depth.push(node.form ? 1 + Math.max(0, ...node.inputs.map((x) => (x.node === undefined ? 0 : depth[x.node]))) : 0);
  const deepest = depth.reduce((a, b) => Math.max(a, b), 0);
  const home = nodes.map((node) => (!layer && !node.form && node.users.length ? node.users[0][0] : node.index)); /* a leaf is where it is used */
  function columnOf(index) {
    if (!layer) return Math.floor((depth[home[index]] * COLUMNS) / Math.max(deepest + 1, COLUMNS));
    const isGiven = !nodes[index].form && (neuron ? neuron.of[index] : layer.of[index]) < 0;
    return isGiven ? -2 : layer.of[index];
  }
  function unitOf(index) {
    if (neuron && neuron.of[index] >= 0) return `neuron ${neuron.of[index]}`;
    return layer && layer.of[index] >= 0 && nodes[index].form ? "rest" : home[index];
  }

  const columns = new Map();
  for (const { index } of nodes) {
    const [column, unit] = [columnOf(index), unitOf(index)];
    if (!columns.has(column)) columns.set(column, new Map());
    const units = columns.get(column);
    if (units.has(unit)) units.get(unit).push(index);
    else units.set(unit, [index]);
  }
  const blocks = [];
  const drawn = [];
  for (const [key, units] of columns) {
    const each = [...units.values()];
    const many = Math.ceil(each.length / ROWS);
    const inside = [];
    for (let k = 0; k < each.length; k += many) {
      const members = each.slice(k, k + many).flat();
      blocks.push({ members, made: members.filter((index) => nodes[index].form), wanting: members.filter((index) => nodes[index].wants) });
      const title = many === 1 && neuron && neuron.of[members[0]] >= 0 ? say.phrase(neuron.titles[neuron.of[members[0]]]) : named(members);
      inside.push(`<button type="button" tabindex="-1" data-node="${members.at(-1)}" data-block="${blocks.length - 1}" title="${escape(title)}" aria-label="${escape(title)}"></button>`);
    }
    const title = layer && key >= 0 ? say.phrase(layer.titles[key]) : "";
    const all = each.flat();
    const middle = all.reduce((sum, index) => sum + depth[index], 0) / all.length;
    drawn.push([middle, `<div><div>${inside.join("")}</div><span title="${escape(title)}">${escape(title)}</span></div>`]);
  }
  drawn.sort((a, b) => a[0] - b[0]);
  function named(members) {
    const [a, b] = [members[0], members.at(-1)].map((index) => nodes[index].name);
    return a === b ? a : `${a} … ${b}`;
  }

  const part = (of, is) => of.filter(is).length / of.length;
  const elements = () => [...find(".whole").querySelectorAll("button")].map((one) => [one, blocks[one.dataset.block]]);

  return {
    card: (made) => made,
    listen(section) {
      section.insertAdjacentHTML("afterbegin", `<div class="whole" role="group" aria-label="${escape(say("overview"))}">${drawn.map(([, column]) => column).join("")}</div>`);
    },
    show(step, before, known) {
      const [now, lit] = [model(), new Set(step.nodes)];
      const near = new Set([...find(".picture").querySelectorAll("svg.around g.node[id^=n]")].map((card) => Number(card.id.slice(1))));
      for (const [one, { members, made, wanting }] of elements()) {
        const done = made.length ? part(made, (index) => now.rank[index] <= step.computed) : 1;
        const back = step.events < 0 || !wanting.length ? 0 : part(wanting, (index) => known.grads[index] !== null && known.arrived[index] === now.totals[index]);
        const look = `--done:${done};--back:${back}`;
        if (one.getAttribute("style") !== look) one.setAttribute("style", look);
        const states = { pending: !done, complete: back === 1, now: members.some((index) => lit.has(index)), near: near.size && members.some((index) => near.has(index)) };
        for (const [state, is] of Object.entries(states)) if (one.classList.contains(state) !== Boolean(is)) one.classList.toggle(state);
      }
    },
    path(nodes) {
      find(".whole").classList.toggle("tracing", Boolean(nodes));
      for (const [one, { members }] of elements()) one.classList.toggle("path", Boolean(nodes) && members.some((index) => nodes.has(index)));
    },
  };
});
