/* Arrays as small heat maps on one scale, and over which axes broadcasting has a gradient summed. */

function heatMaps(say) {
  const isArray = (x) => x !== null && typeof x === "object";

  function heats(shown) {
    const arrays = shown.filter(([, x]) => x !== null && x !== undefined);
    const scale = largest(arrays.flatMap(([, x]) => (isArray(x) ? x.d : [x])));
    return `<div class="heats">${arrays.map(([name, x]) => heat(name, x, scale)).join("")}</div>`;
  }

  function heat(name, x, scale) {
    if (!isArray(x)) x = { s: [], t: [1, 1], d: [x] };
    const columns = x.t.length ? x.t[x.t.length - 1] : 1;
    const small = x.d.length <= 32 && columns <= 16;
    const cells = x.d.map((v) => {
      const text = escape(format(v));
      return `<i style="background:${tint(v, scale)}" title="${text}">${small ? escape(format(v, 3)) : ""}</i>`;
    });
    const shape = x.s.length ? x.s.join("×") : "";
    const note = x.s.length && x.d.length < x.s.reduce((a, b) => a * b, 1) ? ` ${escape(say("sampled"))}` : "";
    return (
      `<figure class="heat ${small ? "small" : ""}"><figcaption>${escape(name)} <span>${shape}${note}</span></figcaption>` +
      `<div role="img" aria-label="${escape(name)} ${shape}: ${escape(format(x.lo ?? x.d[0]))} … ${escape(format(x.hi ?? x.d[0]))}" style="--most:${Math.max(columns, x.t[0])};grid-template-columns:repeat(${columns},max-content)">${cells.join("")}</div></figure>`
    );
  }

  function summing(upstream, paid, node) {
    if (node.form.mixes || !isArray(upstream) || !isArray(paid)) return "";
    const [from, to] = [upstream.s, paid.s];
    if (from.join() === to.join()) return "";
    const offset = from.length - to.length;
    const axes = from.map((_, axis) => axis).filter((axis) => axis < offset || to[axis - offset] !== from[axis]);
    const marked = from.map((n, axis) => (axes.includes(axis) ? `<s>${n}</s>` : n)).join("×");
    return `<p class="more">${escape(say("summed", { axes: axes.join(", ") }))} (${marked} → ${to.join("×") || "1"})</p>`;
  }

  return { heats, summing };
}

const largest = (numbers) => Math.max(...numbers.filter(Number.isFinite).map(Math.abs), 1e-300);

/* The colour of a number on a scale: warm above zero, cold below. */
function tint(x, scale) {
  const strength = Number.isFinite(x) ? Math.round((Math.abs(x) / scale) * 55) : 0;
  return `color-mix(in srgb,${x < 0 ? "var(--cold)" : "var(--warm)"} ${strength}%,var(--bg))`;
}
