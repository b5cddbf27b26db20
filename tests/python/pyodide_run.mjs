// node pyodide_run.mjs PACKAGE SCRIPT ARGS...   runs a Python script in the CPython of the Pyodide npm package that is
// installed in the folder PACKAGE. Arguments that are paths of this machine are the same paths inside.
import {createRequire} from 'module';
import fs from 'fs';
import path from 'path';

const [folder, script, ...args] = process.argv.slice(2);
const home = path.join(path.resolve(folder), 'node_modules/pyodide');
const {loadPyodide} = createRequire(home + '/')(path.join(home, 'pyodide.js'));
const python = await loadPyodide({indexURL: home + '/', env: {HOME: '/'}});
// A pipe may be full: what does not fit is written later.
function write(bytes) {
  for (let at = 0; at < bytes.length;) {
    try {
      at += fs.writeSync(1, bytes, at);
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
    }
  }
  return bytes.length;
}
python.setStdout({write});
const mounted = new Set();
for (const arg of args) {
  if (!arg.startsWith('/')) continue;
  const directory = fs.statSync(arg).isDirectory() ? arg : path.dirname(arg);
  if (mounted.has(directory)) continue;
  python.FS.mkdirTree(directory);
  python.FS.mount(python.FS.filesystems.NODEFS, {root: directory}, directory);
  mounted.add(directory);
}
python.globals.set('arguments', python.toPy([script, ...args]));
python.globals.set('source', fs.readFileSync(script, 'utf8'));
python.runPython(`
import sys
sys.argv = list(arguments)
exec(compile(source, sys.argv[0], 'exec'), {'__name__': '__main__', '__file__': sys.argv[0]})
`);
