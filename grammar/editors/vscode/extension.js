// Starts `erisc lsp` and connects it to the editor.
const vscode = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

async function activate() {
  const command = vscode.workspace.getConfiguration("eris").get("command");
  if (!command) return;
  client = new LanguageClient("eris", "Eris", { command, args: ["lsp"] }, { documentSelector: [{ language: "eris" }] });
  try {
    await client.start();
  } catch (error) {
    client = undefined;
    vscode.window.showWarningMessage(`${command} lsp did not start (${error.message}). Install it: pip install 'erisc[lsp]'`);
  }
}

function deactivate() {
  return client?.stop();
}

module.exports = { activate, deactivate };
