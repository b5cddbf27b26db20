"""What derive_knowledge.py takes for a primitive: the calls that have an effect by themselves."""

# Primitives: dotted name -> (effect, place of the parameter that decides, or None for "always").
SINKS = {}


def _sinks(effect, where, names):
    for name in names.split():
        SINKS[name] = (effect, where)


_sinks('process', 0, '''os.system os.popen os.popen2 os.popen3 os.popen4 os.execl os.execle os.execlp
  os.execlpe os.execv os.execve os.execvp os.execvpe os.posix_spawn os.posix_spawnp os.startfile
  subprocess.Popen subprocess.call subprocess.run subprocess.check_call subprocess.check_output
  subprocess.getoutput subprocess.getstatusoutput _posixsubprocess.fork_exec pty.spawn
  commands.getoutput commands.getstatusoutput popen2.Popen3 popen2.Popen4 popen2.popen2 popen2.popen3
  asyncio.create_subprocess_shell asyncio.create_subprocess_exec
  asyncio.subprocess.create_subprocess_shell asyncio.subprocess.create_subprocess_exec
  posix.system nt.system platform.popen pexpect.spawn pexpect.run sh.Command''')
_sinks('process', 1, '''os.spawnl os.spawnle os.spawnlp os.spawnlpe os.spawnv os.spawnve os.spawnvp
  os.spawnvpe _winapi.CreateProcess''')
_sinks('code', 0, '''eval exec builtins.eval builtins.exec execfile code.InteractiveInterpreter.runcode
  types.FunctionType types.CodeType runpy.run_path runpy.run_module runpy._run_code
  _testcapi.run_in_subinterp _xxsubinterpreters.run_string torch.jit.CompilationUnit''')
_sinks('native', 0, '''ctypes.CDLL ctypes.cdll.LoadLibrary ctypes.WinDLL ctypes.OleDLL ctypes.PyDLL
  ctypes.windll.LoadLibrary _ctypes.dlopen _ctypes.LoadLibrary imp.load_dynamic _imp.create_dynamic
  importlib.machinery.ExtensionFileLoader numpy.ctypeslib.load_library torch.ops.load_library
  torch.classes.load_library ctypes.string_at ctypes.memmove''')
_sinks('import', 0, '''__import__ builtins.__import__ importlib.import_module importlib.__import__
  imp.load_module imp.load_source imp.find_module pkgutil.resolve_name
  importlib.util.spec_from_file_location importlib.machinery.SourceFileLoader''')
_sinks('deserialise', 0, '''pickle.load pickle.loads pickle.Unpickler cPickle.load cPickle.loads
  cPickle.Unpickler _pickle.load _pickle.loads _pickle.Unpickler marshal.load marshal.loads
  shelve.open dill.load dill.loads cloudpickle.load cloudpickle.loads joblib.load torch.load
  pandas.read_pickle jsonpickle.decode yaml.load yaml.unsafe_load yaml.full_load
  pickle._load pickle._loads pickle._Unpickler''')
_sinks('network', 0, '''socket.socket.connect socket.create_connection socket.getaddrinfo
  socket.gethostbyname socket.create_server urllib.request.urlopen urllib.request.urlretrieve
  urllib.urlopen urllib.urlretrieve urllib2.urlopen requests.get requests.post requests.put
  requests.head http.client.HTTPConnection http.client.HTTPSConnection httplib.HTTPConnection
  httplib.HTTPSConnection ftplib.FTP telnetlib.Telnet smtplib.SMTP poplib.POP3 imaplib.IMAP4
  nntplib.NNTP xmlrpc.client.ServerProxy webbrowser.open socket.socket.bind ssl.get_server_certificate
  asyncio.open_connection asyncio.start_server httpx.get httpx.post paramiko.SSHClient
  torch.hub.download_url_to_file torch.hub.load_state_dict_from_url wget.download gdown.download''')
_sinks('network', 1, 'requests.request httpx.request')
_sinks('fetch-model', 0, '''huggingface_hub.hf_hub_download huggingface_hub.snapshot_download
  huggingface_hub.cached_download torch.hub.load transformers.utils.cached_file
  transformers.utils.hub.cached_file keras.utils.get_file tensorflow.keras.utils.get_file''')
_sinks('file-write', 0, '''os.mkdir os.makedirs os.mkfifo os.mknod os.chmod os.chown os.truncate
  os.utime pathlib.Path.write_text pathlib.Path.write_bytes pathlib.Path.mkdir pathlib.Path.touch
  logging.FileHandler logging.handlers.RotatingFileHandler sqlite3.connect shutil.unpack_archive
  numpy.save numpy.savez numpy.savetxt torch.save joblib.dump dbm.open''')
_sinks('file-write', 1, '''os.rename os.replace os.renames os.symlink os.link shutil.copy shutil.copy2
  shutil.copyfile shutil.copytree shutil.move''')
_sinks('file-delete', 0, '''os.remove os.unlink os.rmdir os.removedirs shutil.rmtree pathlib.Path.unlink
  pathlib.Path.rmdir''')
_sinks('file-read', 0, '''os.listdir os.scandir os.walk os.readlink glob.glob glob.iglob
  pathlib.Path.read_text pathlib.Path.read_bytes linecache.getline linecache.getlines
  numpy.load numpy.loadtxt numpy.genfromtxt numpy.fromfile numpy.memmap pandas.read_csv''')
_sinks('environment', 0, 'os.putenv os.unsetenv os.chdir os.chroot os.environ.setdefault')
_sinks('terminate', None, 'os._exit os.abort os.kill os.killpg sys.exit faulthandler._sigsegv')
_sinks('tamper', 0, '''sys.settrace sys.setprofile threading.settrace signal.signal
  sys.path.append sys.path.insert sys.path.extend codecs.register''')
# Methods so telling that the receiver's type need not be known.
METHOD_SINKS = {
    'extractall': ('file-write', 'self'), 'write_text': ('file-write', 'self'),
    'write_bytes': ('file-write', 'self'), 'load_module': ('code', 'self'),
    'exec_module': ('code', 'self'), 'find_class': ('import', 1), 'sendall': ('network', 'self'),
}
OPENERS = {'open': 1, 'io.open': 1, 'builtins.open': 1, 'codecs.open': 1, 'gzip.open': 1, 'bz2.open': 1,
           'lzma.open': 1, 'os.open': None, 'file': 1, 'io.FileIO': 1, 'tarfile.open': 1,
           'tarfile.TarFile': 1, 'zipfile.ZipFile': 1, 'gzip.GzipFile': 1, 'bz2.BZ2File': 1,
           'wave.open': 1, 'h5py.File': 1, 'os.fdopen': 1, 'tokenize.open': None, 'fileinput.input': None,
           'smart_open.open': 1, 'fsspec.open': 1}
EFFECTS_WORTH_A_CONSTANT = {'process', 'network', 'native', 'file-delete', 'code', 'deserialise', 'fetch-model'}
