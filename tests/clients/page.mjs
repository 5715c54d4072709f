// node page.mjs URL: run the script of the page at URL with a stand-in for Swagger UI, and print what it logs in with.
import vm from "node:vm";

const url = process.argv[2];
const page = await (await fetch(url)).text();
const script = page.match(/<script>(.*?)<\/script>/s)[1];
const { components } = await (await fetch(`${url}/openapi.json`)).json();

let options;
const given = {};
const ui = {
  specSelectors: { securityDefinitions: () => ({ toJS: () => components.securitySchemes }) },
  preauthorizeApiKey: (name, value) => { given[name] = value; },
};
vm.runInNewContext(script, {
  SwaggerUIBundle: (asked) => { options = asked; return ui; },
  fetch: (path, request) => fetch(new URL(path, url), request),
  btoa,
});
await options.onComplete();
console.log(JSON.stringify(given));
