/* The computation: nodes, numbers, and what is known after each step. Nothing here touches the page. */

function computation(lesson, code) {
  const forms = lesson.forms.map(([formula, slopes, mixes, sentence, called], k) => ({
    formula, slopes, mixes, sentence, called, code: code[k],
  }));
  const nodes = lesson.nodes.map(([form, inputs, wants, source], index) => ({
    index,
    name: lesson.names[index][0],
    math: lesson.names[index][1],
    loose: lesson.names[index][2],
    whole: lesson.names[index][3] ?? lesson.names[index][0],
    form: form < 0 ? null : forms[form],
    inputs: inputs.map((x) => (typeof x === "number" ? { node: x } : { constant: x[0] })),
    wants: Boolean(wants),
    source: source < 0 ? "" : lesson.sources[source],
    users: [],
  }));
  for (const node of nodes) {
    node.inputs.forEach((x, slot) => x.node !== undefined && nodes[x.node].users.push([node.index, slot]));
  }
  const inOrder = []; /* one event for every edge of the way back, in the order of the engine */
  for (let k = 0; k < lesson.events.length; k += 2) {
    const [node, slot] = [lesson.events[k], lesson.events[k + 1]];
    const paid = lesson.contributions && lesson.contributions[k / 2];
    inOrder.push({ node, slot, target: nodes[node].inputs[slot].node, paid });
  }
  const totals = new Array(nodes.length).fill(0);
  for (const event of inOrder) totals[event.target] += 1;
  for (const [target, count] of lesson.totals) totals[target] = count; /* also of what has not come where it stopped */

  const original = { values: lesson.values, slopes: lesson.slopes };
  const self = {
    nodes, totals, lesson,
    events: inOrder,
    output: lesson.output,
    values: original.values,
    slopes: original.slopes,
    isScalar: lesson.contributions === null,
    canReplay: lesson.replays,
    updates: new Map(lesson.updates),
    reason: lesson.reason,
    changed: new Map(),
  };

  const isArray = (x) => x !== null && typeof x === "object";
  const add = (x, y) => (isArray(x) ? summed(x, y) : x + y);
  const summed = (x, y) => spread({ ...x, d: x.d.map((v, i) => v + y.d[i]) });
  const spread = (x) => ({ ...x, lo: Math.min(...x.d), hi: Math.max(...x.d) });

  self.contribution = (k, upstream) => {
    const { node, slot, paid } = self.events[k];
    return self.isScalar ? upstream * self.slopes[node][slot] : paid;
  };

  /* The gradients after so many events, and how many contributions each node has. */
  self.gradients = (count) => {
    const grads = new Array(nodes.length).fill(null);
    const arrived = new Array(nodes.length).fill(0);
    for (const [index, left] of lesson.stale || []) grads[index] = left;
    if (count < 0) return { grads, arrived };
    grads[self.output] = lesson.seed;
    for (let k = 0; k < count; k += 1) {
      const { node, target } = self.events[k];
      const paid = self.contribution(k, grads[node]);
      grads[target] = grads[target] === null ? paid : add(grads[target], paid);
      arrived[target] += 1;
    }
    return { grads, arrived };
  };

  /* New numbers for leaves: everything follows, by the graph's own code. */
  self.set = (index, value) => {
    self.changed.set(index, value);
    replay();
  };
  self.reset = () => {
    self.changed.clear();
    Object.assign(self, original);
  };
  function replay() {
    const values = original.values.slice();
    const slopes = original.slopes.slice();
    for (const [index, value] of self.changed) values[index] = value;
    for (const node of nodes) {
      if (!node.form) continue;
      const xs = node.inputs.map((x) => (x.node === undefined ? x.constant : values[x.node]));
      const [value, by] = node.form.code;
      values[node.index] = Number(value(...xs));
      slopes[node.index] = by.map((slope, k) =>
        slope && original.slopes[node.index][k] !== null ? Number(slope(values[node.index], ...xs)) : null
      );
    }
    Object.assign(self, { values, slopes });
  }

  /* The steps: one an edge, a node, a neuron or a layer. A step ends with so many nodes computed, so many events. */
  self.steps = (by) => {
    const groups = lesson.groups[by];
    const unit = groups ? (node) => (groups.of[node] < 0 ? `node ${node}` : groups.of[node]) : (node) => node;
    const title = (node) => (groups && groups.of[node] >= 0 ? groups.titles[groups.of[node]] : "");
    const order = (groups && arranged(unit)) || nodes.filter((node) => node.form).map((node) => node.index);
    self.rank = new Array(nodes.length).fill(-1); /* when each is computed; a leaf is there from the start */
    order.forEach((index, k) => (self.rank[index] = k));
    self.events = groups ? inOrder.slice().sort((x, y) => self.rank[y.node] - self.rank[x.node]) : inOrder;
    const found = [{ kind: "start", nodes: [], first: -1, events: -1, computed: -1 }];
    const last = () => found[found.length - 1];
    order.slice(0, lesson.forward).forEach((index, k) => {
      const same = by !== "edge" && last().kind === "forward" && last().unit === unit(index);
      if (!same) found.push({ kind: "forward", nodes: [], first: -1, events: -1, unit: unit(index), title: title(index) });
      last().nodes.push(index);
      last().computed = k;
    });
    if (lesson.seed === null) return found;
    const rest = { computed: nodes.length };
    found.push({ kind: "seed", nodes: [self.output], first: 0, events: 0, ...rest });
    self.events.forEach((event, k) => {
      const same = by !== "edge" && last().kind === "backward" && last().unit === unit(event.node);
      if (!same) found.push({ kind: "backward", nodes: [], first: k, unit: unit(event.node), title: title(event.node), ...rest });
      last().events = k + 1;
      if (!last().nodes.includes(event.target)) last().nodes.push(event.target);
    });
    for (const index of self.updates.keys()) {
      const same = groups && last().kind === "update";
      if (!same) found.push({ kind: "update", nodes: [], first: -1, events: inOrder.length, ...rest });
      last().nodes.push(index);
    }
    return found;
  };

  /* The nodes one unit after the other, each unit once all that it needs is there; nothing if they need each other. */
  function arranged(unit) {
    const members = new Map();
    const needs = new Map();
    for (const node of nodes.filter((one) => one.form)) {
      const own = unit(node.index);
      if (!members.has(own)) {
        members.set(own, []);
        needs.set(own, new Set());
      }
      members.get(own).push(node.index);
      for (const x of node.inputs) {
        if (x.node !== undefined && nodes[x.node].form && unit(x.node) !== own) needs.get(own).add(unit(x.node));
      }
    }
    const order = [];
    const waiting = new Set(members.keys());
    for (let before = -1; waiting.size && before !== order.length; ) {
      before = order.length;
      for (const one of waiting) {
        if ([...needs.get(one)].some((other) => waiting.has(other))) continue;
        order.push(...members.get(one));
        waiting.delete(one);
      }
    }
    return waiting.size ? null : order;
  }

  /* A number that is asked for, as it is written. */
  self.asked = ({ node, field }) => (field === "data" ? nodes[node].name : `${self.d(self.output)}/${self.d(node)}`);
  self.d = (index) => (nodes[index].loose ? `∂(${nodes[index].name})` : `∂${nodes[index].name}`);

  /* What a leaf holds after a step: its value, or what the update made of it. */
  self.held = (index, steps, at) => {
    for (let k = at; k >= 0 && steps[k].kind === "update"; k -= 1) {
      if (steps[k].nodes.includes(index)) return self.updates.get(index);
    }
    return self.values[index];
  };

  /* All nodes on the way to a node, or on from it. */
  self.before = (index) => reach(index, (node) => node.inputs.filter((x) => x.node !== undefined).map((x) => x.node));
  self.beyond = (index) => reach(index, (node) => node.users.map(([user]) => user));
  function reach(index, next) {
    const seen = new Set([index]);
    for (const one of seen) for (const other of next(nodes[one])) seen.add(other);
    return seen;
  }
  return self;
}
