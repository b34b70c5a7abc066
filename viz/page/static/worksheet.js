/* A worksheet: numbers to fill in, each checked, and the mistake named where it is known. */

function worksheet(host, css, lesson, code) {
  const say = speaking(lesson.words);
  const model = computation(lesson, code[0]);
  model.steps("edge");
  const known = model.gradients(model.events.length);
  const end = { kind: "end", nodes: [], computed: model.nodes.length, events: model.events.length };
  const root = host.attachShadow({ mode: "open" });
  const find = (selector) => root.querySelector(selector);
  for (const details of host.querySelectorAll("details")) details.open = true; /* on paper it is a page of its own */
  const open = new Map(lesson.tasks.map(([node, field]) => [`${field} ${node}`, true]));
  let right = 0;
  let tried = new Set();

  const nameOf = (index) => model.nodes[index].name;
  const asked = ([node, field]) => (field === "data" ? nameOf(node) : `∂${nameOf(model.output)}/∂${nameOf(node)}`);
  const answer = ([node, field]) => (field === "data" ? model.values[node] : known.grads[node] ?? 0);
  const quiz = prediction(model, say);

  /* Which mistake the gradient of a node comes from, once all of it has arrived. */
  function mistake([node, field], given) {
    const all = answer([node, field]);
    if (quiz.near(given, -all)) return { text: say("wrong_sign") };
    if (field === "data") return { text: say("wrong_number") };
    const paid = model.events.map((event, k) => ({ ...event, amount: model.contribution(k, known.grads[event.node]) })).filter((event) => event.target === node);
    for (const { node: from, slot, amount } of paid) {
      const lit = { node: from, edge: [from, slot] };
      if (paid.length > 1 && quiz.near(given, amount)) return { text: say("one_path", { node: nameOf(from) }), ...lit };
      if (paid.length > 2 && quiz.near(given, all - amount)) return { text: say("missing_path", { node: nameOf(from) }), ...lit };
    }
    for (const { node: from, slot, amount } of paid) {
      const lit = { node: from, edge: [from, slot] };
      const ratio = `∂${nameOf(from)}/∂${nameOf(node)}`;
      const upstream = known.grads[from];
      if (quiz.near(given, all - amount + upstream)) return { text: say("missing_factor", { node: nameOf(from), ratio }), ...lit };
      if (quiz.near(given, all - amount + model.slopes[from][slot])) return { text: say("missing_upstream", { node: nameOf(from) }), ...lit };
      const other = model.slopes[from].findIndex((slope, k) => k !== slot && slope !== null && quiz.near(given, all - amount + upstream * slope));
      const input = model.nodes[from].inputs[other];
      if (input && input.node !== undefined) return { text: say("other_input", { name: nameOf(input.node) }), ...lit };
    }
    return { text: say("wrong_number") };
  }

  root.innerHTML = `<style>${css}</style>
    <section class="stepper" role="group" aria-label="${escape(say("worksheet"))}" lang="${say.now()}">
      <div class="top"><div class="picture" tabindex="0" role="region" aria-label="${escape(say("alternative"))}"></div><div class="map" hidden></div>
        <div class="zoom">${["out", "in", "fit"].map((how) => {
          const title = escape(say(how === "fit" ? "fit" : `zoom_${how}`));
          return `<button type="button" data-zoom="${how}" aria-label="${title}" title="${title}">${{ out: "−", in: "+", fit: "⤢" }[how]}</button>`;
        }).join("")}</div></div>
      <form class="panel"><p class="sentence">${escape(say("fill_grads"))}</p><div class="tasks">${lesson.tasks
        .map((task, k) => `<label data-task="${k}"><span>${escape(asked(task))}</span><input type="text" autocomplete="off" inputmode="text"><output></output></label>`)
        .join("")}</div>
        <p class="asks"><button type="submit">${escape(say("check"))}</button> <button type="button" class="solve">${escape(say("solution"))}</button></p>
        <p class="score" aria-live="polite"></p></form>
    </section><div class="print"><slot></slot></div>`;
  const section = find("section");
  const view = pictured(standing(host.querySelector("svg, img"), find(".picture"), find(".map"), say), find(".picture"), model, say);
  const hidden = (node, field) => open.has(`${field} ${node}`);
  const show = () => view.show(end, known, hidden);
  view.first();
  show();

  function check(row, task) {
    const [input, output] = [row.querySelector("input"), row.querySelector("output")];
    const key = `${task[1]} ${task[0]}`;
    if (!open.has(key) || input.value.trim() === "") return;
    const given = quiz.read(input.value);
    if (Number.isNaN(given) && !Number.isNaN(answer(task))) return void (output.textContent = say("not_a_number"));
    if (quiz.near(given, answer(task))) {
      if (!tried.has(key)) right += 1;
      open.delete(key);
      output.textContent = "✓";
      input.readOnly = true;
      row.className = "right";
    } else {
      const found = mistake(task, given);
      output.textContent = found.text;
      row.className = "wrong";
      const edge = found.edge && section.querySelector(`[id="e${found.edge[0]}_${found.edge[1]}"]`);
      for (const one of [edge, found.node !== undefined && section.querySelector(`[id="n${found.node}"]`)]) if (one) one.classList.add("missing");
    }
    tried.add(key);
  }

  section.addEventListener("submit", (event) => {
    event.preventDefault();
    section.querySelectorAll(".missing").forEach((one) => one.classList.remove("missing"));
    lesson.tasks.forEach((task, k) => check(find(`[data-task="${k}"]`), task));
    find(".score").textContent = say("score", { right, count: lesson.tasks.length });
    show();
  });
  section.addEventListener("click", (event) => {
    const control = event.target.closest("button");
    if (!control) return;
    if (control.dataset.zoom) view.zoom(control.dataset.zoom);
    if (!control.classList.contains("solve")) return;
    lesson.tasks.forEach((task, k) => {
      const row = find(`[data-task="${k}"]`);
      if (open.delete(`${task[1]} ${task[0]}`)) row.querySelector("output").textContent = `= ${format(answer(task))}`;
    });
    show();
  });
  section.addEventListener("keydown", (event) => event.target.matches("input") && event.stopPropagation());
}
