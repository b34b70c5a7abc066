/* Predict, then reveal: the number of a step is asked for, and a wrong answer is recognised. */

function prediction(model, say) {
  const score = { right: 0, wrong: new Map(), seen: new Set() };

  /* What a step asks for: the numbers of nodes, and what they are after each contribution; of arrays nothing. */
  function questions({ kind, nodes, first, events }) {
    if (kind === "forward") return nodes.filter((node) => typeof model.values[node] === "number").map((node) => ({ key: `${node}`, node, field: "data" }));
    if (kind !== "backward" || !model.isScalar) return [];
    return model.events.slice(first, events).map(({ node, slot, target }, i) => ({ key: `${node} ${slot}`, node: target, field: "grad", k: first + i }));
  }

  /* The first of them that was not answered yet, and the part of the step that it is about; or nothing. */
  function question(step) {
    const asked = questions(step).find(({ key }) => !score.seen.has(key));
    if (!asked) return null;
    const { node, k } = asked;
    if (asked.field === "data") return { ...asked, answer: model.values[node], part: { ...step, nodes: [node], computed: model.rank[node] } };
    const event = model.events[k];
    const { grads } = model.gradients(k);
    const upstream = grads[event.node];
    const paid = model.contribution(k, upstream);
    const was = grads[node] === null ? 0 : grads[node];
    return { ...asked, answer: was + paid, event, upstream, paid, was, part: { ...step, nodes: [node], first: k, events: k + 1 } };
  }

  /* As near as four digits tell, or as near as a person rounds. */
  const near = (x, y) =>
    format(x) === format(y) || (Number.isFinite(y) && Math.abs(x - y) <= Math.max(0.006 * Math.abs(y), Math.min(5e-4, 0.05 * Math.abs(y))));

  const value = (text) => {
    const parts = text.split("/").map((part) => {
      if (/^[+-]?nan$/i.test(part.trim())) return NaN;
      return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$|^[+-]?Infinity$/i.test(part.trim()) ? Number(part) : null;
    });
    if (parts.length > 2 || parts.includes(null)) return null;
    return parts.length === 2 ? parts[0] / parts[1] : parts[0];
  };

  /* What was typed, in whatever notation; where a comma may group digits or begin a fraction, as the answer has it. */
  const read = (text, answer) => {
    const plain = text.normalize("NFKC").replace(/[−‒–—]/g, "-").replace(/。/g, ".").replace(/⁄/g, "/")
      .replace(/\s*[·⋅×*]\s*10\s*\^?\s*\(?([+-]?\d+)\)?/g, "e$1").replace(/∞|\binf\b/gi, "Infinity");
    const found = [plain.replace(/,(?=\d{3}(\D|$))/g, ""), plain.replace(",", ".")].map(value).filter((x) => x !== null);
    return found.find((x) => near(x, answer)) ?? found[0] ?? null;
  };

  /* Which mistake a wrong number comes from, and what to look at. */
  function mistake(asked, given) {
    const name = (index) => model.nodes[index].name;
    if (asked.field === "grad") {
      const { event, upstream, paid, was } = asked;
      const local = model.slopes[event.node][event.slot];
      const ratio = `∂${name(event.node)}/∂${name(event.target)}`;
      const lit = { node: event.node, edge: [event.node, event.slot] };
      if (was !== 0 && near(given, paid)) return { text: say("assign", { before: format(was) }), node: event.target };
      if (was !== 0 && near(given, was)) return { text: say("missing_path", { node: name(event.node) }), ...lit };
      if (near(given, -asked.answer) || near(given, was - paid)) return { text: say("wrong_sign"), ...lit };
      if (near(given, upstream) || near(given, was + upstream)) return { text: say("missing_factor", { node: name(event.node), ratio }), ...lit };
      if (near(given, local) || near(given, was + local)) return { text: say("missing_upstream", { node: name(event.node) }), ...lit };
      const others = model.slopes[event.node];
      for (let slot = 0; slot < others.length; slot += 1) {
        const other = upstream * others[slot];
        if (slot !== event.slot && others[slot] !== null && (near(given, other) || near(given, was + other))) {
          const input = model.nodes[event.node].inputs[slot];
          const which = input.node === undefined ? format(input.constant) : name(input.node);
          return { text: say("other_input", { name: which }), ...lit };
        }
      }
    } else if (near(given, -asked.answer)) {
      return { text: say("wrong_sign"), node: asked.node };
    }
    return { text: say("wrong_number"), node: asked.node };
  }

  /* The verdict on an answer; only the first one to a question counts. */
  function check(asked, text) {
    const given = read(text, asked.answer);
    if (given === null) return { kind: "none", text: say("not_a_number") };
    const right = near(given, asked.answer);
    if (right && !score.seen.has(asked.key)) score.right += 1;
    if (!right) skip(asked);
    score.seen.add(asked.key);
    return right ? { kind: "right", text: say("correct") } : { kind: "wrong", ...mistake(asked, given) };
  }

  function skip({ key, node, field }) {
    if (!score.seen.has(key)) score.wrong.set(`${field} ${node}`, { node, field });
    score.seen.add(key);
  }
  function again() {
    Object.assign(score, { right: 0, wrong: new Map(), seen: new Set() });
  }
  return { questions, question, check, skip, again, score, near, read };
}
