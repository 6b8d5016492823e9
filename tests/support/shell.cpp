// The command's streams go to files, so that neither can block the other.
#include "tests/support/shell.h"

#include <sys/wait.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace assay::testing {

std::string slurp(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

Folder::Folder() {
  std::string name = (std::filesystem::temp_directory_path() / "assay-test-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
  path_ = name;
}

Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::filesystem::path Folder::write(const std::string& name, const std::string& text) const {
  const auto file = path_ / name;
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << text;
  return file;
}

Said shell(const std::string& command) {
  const Folder folder;
  const std::string out = (folder.path() / "out").string(), err = (folder.path() / "err").string();
  const char* build = std::getenv("ASSAY_BUILD");
  const std::string path =
      build == nullptr ? "" : "PATH=" + std::string(build) + "/bin:$PATH; export PATH; ";
  const auto script = folder.write("command.sh", path + command + "\n");
  const int status = std::system(
      ("/bin/sh " + script.string() + " >" + out + " 2>" + err + " </dev/null").c_str());
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return {code, slurp(out), slurp(err)};
}

}  // namespace assay::testing
