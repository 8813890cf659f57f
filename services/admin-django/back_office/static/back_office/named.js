// Names for parts of forms that Django's scripts and widgets leave without. The one script of ours in the admin: without
// it everything works, and a screen reader says less.
"use strict";

window.addEventListener("load", () => (window.django?.jQuery ?? ((name) => name()))(nameParts)); // after those that make the parts

function nameParts() {
  for (const tooltip of document.querySelectorAll(".help-tooltip[aria-label]:not([role])")) tooltip.setAttribute("role", "img");
  for (const input of document.querySelectorAll("p.datetime input")) {
    const row = nameOf(input.closest(".form-row")?.querySelector("label, legend"));
    input.setAttribute("aria-label", `${row}: ${input.classList.contains("vTimeField") ? "time" : "date"}`);
  }
  document.querySelectorAll("select.select2-hidden-accessible").forEach(nameSelect2);
}

function nameOf(label) {
  return label?.textContent.replace(/:\s*$/, "").trim() || "Choice";
}

function nameSelect2(select) {
  const name = nameOf(select.labels[0]);
  const box = select.nextElementSibling.querySelector(".select2-selection");
  box.setAttribute("aria-label", name);
  box.removeAttribute("aria-labelledby");
  box.querySelector("[role=textbox]")?.setAttribute("aria-label", name);
  django.jQuery(select).on("select2:open", () => {
    box.setAttribute("aria-controls", box.getAttribute("aria-owns"));
    const opened = document.querySelector("body > .select2-container--open");
    opened.setAttribute("role", "region");
    opened.setAttribute("aria-label", `${name}: choose`);
    opened.querySelector(".select2-search__field")?.setAttribute("aria-label", `${name}: search`);
    opened.querySelector("[role=listbox]")?.setAttribute("aria-label", name);
  });
}
