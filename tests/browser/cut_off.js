// What of a page's text and fields nobody can see: beyond the screen, or cut off by an element around it. What can be
// scrolled to inside of its own box counts as seen; what is only read out, in a box of a pixel, does not count.
() => {
  const screen = document.documentElement.clientWidth;
  const found = [];
  if (document.documentElement.scrollWidth > screen) found.push(`the page is ${document.documentElement.scrollWidth} wide`);
  for (const element of document.querySelectorAll("body *")) {
    const shows = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
    if (!(shows || element.matches("input, select, textarea, button, img"))) continue;
    if (!element.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
    if (getComputedStyle(element).textIndent.startsWith("-")) continue; // a picture stands for the text
    const box = element.getBoundingClientRect();
    const seen = visiblePart(element, screen);
    if (seen && (box.right > seen.right + 1 || box.left < seen.left - 1)) {
      const text = element.textContent.trim().slice(0, 40);
      found.push(`<${element.localName} class="${element.className}"> is cut off: ${text}`);
    }
  }
  return found;

  function visiblePart(element, right) {
    const part = { left: 0, right };
    for (let around = element; around !== document.body; around = around.parentElement) {
      const { overflowX, position } = getComputedStyle(around);
      const edges = around.getBoundingClientRect();
      if (around.clientWidth === 1 || edges.bottom <= 0) return null;
      if (overflowX === "auto" || overflowX === "scroll") return null;
      if (overflowX !== "visible") {
        part.left = Math.max(part.left, edges.left);
        part.right = Math.min(part.right, edges.right);
        if (around === element && !element.matches("input, select, textarea") && element.scrollWidth > element.clientWidth + 1) part.right = -1;
      }
      if (position === "fixed" || (position === "absolute" && edges.right <= 0)) return null;
    }
    return part;
  }
}
