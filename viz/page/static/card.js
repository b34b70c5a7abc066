/* The card of a step: symbols, numbers, result; the ledger of the node that is paid; why; the line of code. */

function cards(model, say) {
  const { nodes } = model;
  const isArray = (x) => x !== null && typeof x === "object";
  const nameOf = (index) => ({ math: nodes[index].math, level: nodes[index].loose ? LEVEL.name : LEVEL.atom, minus: false });
  const d = (index) => mo("∂") + (nodes[index].loose ? fenced(nodes[index].math) : nodes[index].math);
  const ratio = (y, x) => fraction(d(y), d(x));
  const gradient = (x) => ratio(model.output, x);

  /* A local derivative. Where x comes in twice, or the whole gradient has the same symbol, it says which it is. */
  function local(index, slot) {
    const { inputs } = nodes[index];
    const x = inputs[slot].node;
    const places = inputs.flatMap((one, k) => (one.node === x ? [k] : []));
    const which = places.length > 1 ? say("nth_of", { nth: places.indexOf(slot) + 1, count: places.length })
      : index === model.output && model.totals[x] > 1 ? say("local") : "";
    return which ? `<msub>${row(ratio(index, x), mo("|"))}<mtext>${escape(which)}</mtext></msub>` : ratio(index, x);
  }
  const { heats, summing } = typeof heatMaps === "function" ? heatMaps(say) : {}; /* which only pages of arrays have */
  const line = (...parts) => `<div class="line">${math(row(...parts))}</div>`;
  const more = (content) => `<p class="more">${content}</p>`;

  /* A form with names, or with numbers, in its places. */
  function written(node, form, fillers) {
    const inputs = node.inputs.map((x) => (x.node === undefined ? { constant: x.constant } : { index: x.node }));
    const given = form.replace(/<mtext>array\sof\s(.*?)<\/mtext>/g, (_, shape) => `<munder><mtext>${escape(say("fixed"))}</mtext><mtext>(${shape})</mtext></munder>`);
    const said = given.replace(/<mtext>(.*?)<\/mtext>/g, (_, text) => `<mtext>${text.replace(/\S+/, say.phrase)}</mtext>`);
    return fill(said, (k) => {
      if (k === inputs.length) return fillers.node(node.index);
      if (k > inputs.length) return { math: gradient(node.index), level: LEVEL.atom, minus: false };
      return inputs[k].index === undefined ? ofNumber(inputs[k].constant) : fillers.node(inputs[k].index);
    });
  }
  const names = { node: nameOf };
  const numbers = { node: (index) => ofNumber(model.values[index], asWritten(model.values[index])) };

  function forward(node) {
    const value = model.values[node.index];
    const left = row(node.loose ? fenced(node.math) : node.math, mo("="));
    const symbols = line(left, written(node, node.form.formula, names));
    if (isArray(value) || node.inputs.some((x) => x.node !== undefined && isArray(model.values[x.node]))) {
      const shown = node.inputs.filter((x) => x.node !== undefined).map((x) => [nodes[x.node].name, model.values[x.node]]);
      return symbols + heats([...shown, [node.name, value]]);
    }
    const filled = written(node, node.form.formula, numbers);
    const result = ofNumber(value).math;
    return symbols + (filled === result ? "" : line(mo("="), filled)) + line(mo("="), `<mrow class="result">${result}</mrow>`) + locals(node);
  }

  /* The local derivatives that a node leaves for the way back. */
  function locals(node) {
    if (!model.isScalar || node.inputs.length > 3) return "";
    const found = node.inputs.map((x, slot) => {
      const slope = model.slopes[node.index][slot];
      return x.node === undefined || slope === null ? "" : rule(node, slot, slope);
    });
    return [...new Set(found)].join("");
  }

  function seed() {
    const f = model.output;
    return line(ratio(f, f), mo("="), `<mrow class="result">${ofNumber(1).math}</mrow>`);
  }

  function backward(k, before, after) {
    const { node: from, slot, target } = model.events[k];
    const node = nodes[from];
    const [q, x] = [from, target];
    const form = node.form.slopes[slot];
    const upstream = before.grads[from];
    const paid = model.contribution(k, upstream);
    if (node.form.mixes || isArray(paid)) {
      const right = node.form.mixes && form ? written(node, form, names) : row(gradient(q), mo("·"), local(q, slot));
      return (
        line(gradient(x), mo("+="), right) + rule(node, slot) +
        heats([[gradientName(from), upstream], [say("paid"), paid], [gradientName(x), after.grads[x]]]) + summing(upstream, paid, node)
      );
    }
    const slope = model.isScalar ? model.slopes[from][slot] : undefined; /* of arrays it is not told */
    const was = before.grads[x] === null ? 0 : before.grads[x];
    return (
      line(gradient(x), mo("+="), gradient(q), mo("·"), local(q, slot)) +
      (slope === undefined ? "" : line(mo("="), product(upstream, slope))) +
      line(sum(was, paid), mo("="), `<mrow class="result">${ofNumber(after.grads[x]).math}</mrow>`) +
      rule(node, slot, slope)
    );
  }

  const gradientName = (node) => model.asked({ node, field: "grad" });

  /* The local derivative in symbols, and as a number. */
  function rule(node, slot, slope) {
    const form = node.form.slopes[slot];
    if (node.form.mixes || !form) return "";
    const symbols = written(node, form, names);
    const number = slope === undefined ? "" : ofNumber(slope).math;
    const same = number === symbols || number === row(symbols);
    const parts = [local(node.index, slot), mo("="), symbols, ...(number && !same ? [mo("="), number] : [])];
    return more(math(row(...parts)));
  }

  /* Several contributions in one step: what each node ends with. */
  function many(step, before, after) {
    const few = step.nodes.slice(0, 8);
    const rows = few.map((x) => {
      const [y, math_] = step.kind === "forward" ? [model.values[x], nodes[x].math] : [after.grads[x], gradient(x)];
      if (isArray(y)) return heats([[step.kind === "forward" ? nodes[x].name : gradientName(x), y]]);
      const [arrived, count] = [after?.arrived[x], model.totals[x]];
      const part = step.kind === "backward" && arrived < count ? `<mtext>&#160;${escape(say("some", { arrived, count }))}</mtext>` : "";
      return line(math_, mo("="), `<mrow class="result">${ofNumber(y).math}</mrow>`, part);
    });
    const rest = step.nodes.length - few.length;
    return rows.join("") + (rest ? more(escape(say("and_more", { count: rest }))) : "");
  }

  function formula(step, before, after) {
    if (step.kind === "start") return "";
    if (step.kind === "seed") return seed();
    if (step.kind === "forward") return step.nodes.length === 1 ? forward(nodes[step.nodes[0]]) : many(step);
    return step.events - step.first === 1 ? backward(step.first, before, after) : many(step, before, after);
  }

  /* Everything that is paid to a node, in order. */
  function ledger(index, until) {
    const rows = [];
    let total = index === model.output && until >= 0 ? 1 : null;
    const running = model.gradients(0);
    for (let k = 0; k < model.events.length; k += 1) {
      const { node, target } = model.events[k];
      const paid = model.contribution(k, running.grads[node]);
      const was = running.grads[target];
      running.grads[target] = was === null ? paid : isArray(paid) ? null : was + paid;
      if (target !== index) continue;
      const state = k < until - 1 ? "arrived" : k === until - 1 ? "now" : "waiting";
      rows.push({ from: node, k, state, paid, total: running.grads[target] });
    }
    return rows;
  }

  function ledgerTable(index, until, first = "") {
    const rows = ledger(index, until);
    if (rows.length < 2 && !first) return "";
    const SIGNS = { arrived: "✓", now: "▸", waiting: "·" };
    const body = rows.slice(0, 12).map((r, n) => {
      const known = r.state !== "waiting" && !isArray(r.paid);
      const numbers = known ? `<td>${escape(format(r.paid))}</td><td>${escape(format(r.total))}</td>` : "<td>–</td><td>–</td>";
      return (
        `<tr class="${r.state}"><td title="${escape(say(r.state))}">${SIGNS[r.state]}</td><td>${escape(say("nth_of", { nth: n + 1, count: rows.length }))}</td>` +
        `<td><button type="button" class="link" data-node="${r.from}">${escape(nodes[r.from].name)}</button></td>${numbers}</tr>`
      );
    });
    const title = escape(say("ledger_title", { name: nodes[index].name }));
    const head = ["", "", say("from"), say("paid"), say("total")].map((text) => `<th scope="col">${escape(text)}</th>`).join("");
    const rest = rows.length > 12 ? more(escape(say("and_more", { count: rows.length - 12 }))) : "";
    return `<table class="ledger"><caption>${title}</caption><thead><tr>${head}</tr></thead><tbody>${first}${body.join("")}</tbody></table>${rest}`;
  }

  /* Why: one sentence. */
  function sentence(step) {
    if (step.kind === "start") return say("start_sentence");
    if (step.kind === "seed") return say("seed_sentence");
    if (step.kind === "forward" || step.events - step.first > 1) return say.phrase(step.title || "");
    const { node, target } = model.events[step.first];
    const both = nodes[node].inputs.filter((x) => x.node === target).length;
    const paths = both > 1 ? [say("two_paths", { name: nodes[target].name, count: model.totals[target] })] : [];
    return [say.sentence(nodes[node].form.sentence), ...paths].join("\n");
  }

  /* The line of code that is at work. */
  function source(step) {
    if (!["forward", "backward"].includes(step.kind)) return "";
    const node = step.kind === "forward" ? step.nodes[step.nodes.length - 1] : model.events[step.first].node;
    return nodes[node].source;
  }

  /* What it is computed from, where it goes: the direct ones with their numbers, and which way the gradient comes. */
  function relations(index, kind, known) {
    const list = kind === "contributes"
      ? nodes[index].inputs.map((x) => (x.node === undefined ? { text: isArray(x.constant) ? "…" : format(x.constant) } : { index: x.node }))
      : nodes[index].users.map(([user]) => ({ index: user }));
    const items = [...new Map(list.map((one) => [one.index ?? one.text, one])).values()].slice(0, 20).map((one) => {
      if (one.index === undefined) return `<li>${escape(one.text)}</li>`;
      const node = nodes[one.index];
      const value = known(one.index);
      return `<li><button type="button" class="link" data-node="${one.index}">${escape(node.name)}</button>${value ? ` = ${escape(value)}` : ""}</li>`;
    });
    const title = say(kind === "contributes" ? "contributes_title" : "goes_title", { name: nodes[index].name });
    const none = kind === "contributes" ? "leaf" : "nobody";
    const users = nodes[index].users.length;
    const back = kind === "goes" && users && users === model.totals[index] ? more(escape(say("pays_back", { name: nodes[index].name }))) : "";
    return `<h3>${escape(title)}</h3><ul>${items.join("") || `<li>${escape(say(none))}</li>`}</ul>${back}`;
  }

  return { formula, ledgerTable, sentence, source, relations, gradientMath: gradient, ledger, heats, line, nameOf, gradientName };
}
