// Starts Swagger UI on our own contract. Nothing is asked of another host: the validator badge is off, and the contract
// names its server relative to this one.
const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", follow);
follow();

// Swagger UI fills a field with its parameter's example. What may be left out had better be empty, or the first request
// that somebody tries has every filter at once: such an example becomes words.
const CONTRACT = "/api/openapi.json";
const inWords = (answer) => {
  if (new URL(answer.url, location.href).pathname !== CONTRACT || !answer.ok) return answer;
  const contract = JSON.parse(answer.text);
  for (const parameter of Object.values(contract.components.parameters)) {
    if (parameter.required) continue;
    parameter.description = `${parameter.description.trim()}\n\nExample: \`${parameter.example}\``;
    delete parameter.example;
  }
  answer.text = JSON.stringify(contract);
  return answer;
};

window.SwaggerUIBundle({
  url: CONTRACT,
  responseInterceptor: inWords,
  dom_id: "#docs",
  deepLinking: true,
  validatorUrl: null,
  tryItOutEnabled: true,
  displayRequestDuration: true,
});
