// Makes what the table of items consists of.

const dates = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/** The table row of an item. Whoever wrote its text may have used any language, so the direction follows the text. */
export function rowOf(item) {
  const row = document.createElement("tr");
  row.dataset.id = item.id;
  row.dataset.version = item.version;
  const name = element("strong", item.name);
  name.dir = "auto";
  const description = element("span", item.description, "description");
  description.dir = "auto";
  const head = element("th", "", "item");
  head.scope = "row";
  head.append(name, description);
  const changed = element("time", dates.format(new Date(item.updated_at)));
  changed.dateTime = item.updated_at;
  changed.title = item.updated_at;
  row.append(
    head,
    cell(item.category === null ? "" : element("span", item.category, "tag"), "category"),
    cell(item.sku ?? "", "sku"),
    cell(changed, "changed"),
    cell(item.price, "number price"),
  );
  return row;
}

function cell(content, className) {
  const made = element("td", "", className);
  made.append(content);
  return made;
}

/** An element with a text, which goes in as text and never as markup. */
export function element(tag, text, className = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  made.className = className;
  return made;
}
