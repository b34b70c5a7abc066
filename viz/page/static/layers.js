/* A small picture of a part of a graph: columns by depth, inputs on the left. */

function layers(parts, sizes) {
  /* parts: in order, inputs first; each has an id and the ids of its inputs among them. Gives each its x and y. */
  const known = new Map(parts.map((part) => [part.id, part]));
  const users = new Map(parts.map((part) => [part.id, []]));
  for (const part of parts) for (const x of part.inputs) users.get(x).push(part.id);
  const depth = new Map();
  for (const { id, inputs } of parts) depth.set(id, inputs.length ? 1 + Math.max(...inputs.map((x) => depth.get(x))) : 0);
  for (const { id, inputs } of parts) { /* what is given stands next to what needs it first */
    if (!inputs.length && users.get(id).length) depth.set(id, Math.min(...users.get(id).map((user) => depth.get(user))) - 1);
  }
  const columns = [];
  for (const { id } of parts) (columns[depth.get(id)] ??= []).push(id);
  const height = Math.max(...columns.map((column) => column.length)) * sizes.row;
  const y = new Map();
  const wish = (id) => {
    const of = users.get(id).filter((user) => y.has(user));
    const slots = of.map((user) => y.get(user) + 1e-3 * known.get(user).inputs.indexOf(id));
    return slots.length ? slots.reduce((a, b) => a + b, 0) / slots.length : 0;
  };
  for (const column of columns.slice().reverse()) { /* from the result back, each near what it goes into */
    const sorted = column.map((id) => [wish(id), id]).sort((a, b) => a[0] - b[0]);
    const top = (height - column.length * sizes.row) / 2;
    sorted.forEach(([, id], k) => y.set(id, top + (k + 0.5) * sizes.row));
  }
  const place = (id) => ({ x: depth.get(id) * sizes.column, y: y.get(id) });
  return { place, width: columns.length * sizes.column - (sizes.column - sizes.card), height };
}
