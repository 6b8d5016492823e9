// The index: one table, rebuilt from the run folders whenever it is missing or strange.
#include "runner/files/index.h"

#include <algorithm>

#include <sqlite3.h>
#include <nlohmann/json.hpp>

#include "assay/error.h"
#include "runner/files/file_system.h"

namespace assay {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr int kSchema = 1;
// All or nothing, and one process at a time: a table without its rows would look complete.
constexpr const char* kBegin =
    "BEGIN IMMEDIATE; CREATE TABLE IF NOT EXISTS runs(id TEXT PRIMARY KEY, name TEXT, stage TEXT, "
    "dir TEXT, axes TEXT, seed "
    "INTEGER,"
    " state TEXT, unit INTEGER, units INTEGER, attempts INTEGER, started REAL, ended REAL,"
    " seconds REAL, error_kind TEXT, error_message TEXT, metrics TEXT);"
    "DELETE FROM runs;";
constexpr const char* kCommit = "PRAGMA user_version = 1; COMMIT";

struct Close {
  void operator()(sqlite3* db) const { sqlite3_close(db); }
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Database = std::unique_ptr<sqlite3, Close>;

[[noreturn]] void fail(sqlite3* db) {
  const int code = sqlite3_errcode(db);
  const char* file = sqlite3_db_filename(db, "main");
  const std::string text = std::string(file == nullptr ? "" : file) + ": " + sqlite3_errmsg(db);
  if (code == SQLITE_FULL) throw DiskFull(ErrorKind::kIo, text);
  if (code == SQLITE_BUSY) throw Error(ErrorKind::kBusy, text + "; another process writes it");
  throw Error(ErrorKind::kIo, text + "; `assay index` rebuilds it");
}

void execute(sqlite3* db, const char* sql) {
  if (sqlite3_exec(db, sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail(db);
}

class Statement {
 public:
  Statement(sqlite3* db, const char* sql) : db_(db) {
    sqlite3_stmt* made = nullptr;
    if (sqlite3_prepare_v2(db, sql, -1, &made, nullptr) != SQLITE_OK) fail(db);
    statement_.reset(made);
  }
  Statement& operator<<(const std::string& text) {
    sqlite3_bind_text(statement_.get(), ++bound_, text.c_str(), -1, SQLITE_TRANSIENT);
    return *this;
  }
  Statement& operator<<(std::int64_t x) {
    sqlite3_bind_int64(statement_.get(), ++bound_, x);
    return *this;
  }
  Statement& operator<<(double x) {
    sqlite3_bind_double(statement_.get(), ++bound_, x);
    return *this;
  }
  bool step() {
    const int code = sqlite3_step(statement_.get());
    if (code != SQLITE_ROW && code != SQLITE_DONE) fail(db_);
    return code == SQLITE_ROW;
  }
  std::string text(int k) const {
    const auto* bytes = sqlite3_column_text(statement_.get(), k);
    return bytes == nullptr ? "" : reinterpret_cast<const char*>(bytes);
  }
  std::int64_t integer(int k) const { return sqlite3_column_int64(statement_.get(), k); }
  double real(int k) const { return sqlite3_column_double(statement_.get(), k); }

 private:
  sqlite3* db_;
  std::unique_ptr<sqlite3_stmt, Close> statement_;
  int bound_ = 0;
};

Database open(const fs::path& file) {
  sqlite3* raw = nullptr;
  const int code = sqlite3_open(file.c_str(), &raw);
  Database db(raw);
  if (code != SQLITE_OK) return nullptr;
  sqlite3_busy_timeout(raw, 5000);
  return db;
}

// The schema version of a database, or -1 for a file that is none. Throws where it cannot be read
// now, as while another process writes it.
int version(sqlite3* db) try {
  Statement statement(db, "PRAGMA user_version");
  return statement.step() ? static_cast<int>(statement.integer(0)) : -1;
} catch (const Error&) {
  const int code = sqlite3_errcode(db);
  if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT) return -1;
  throw;
}

// Its journal would be played back into the next one.
void set_aside(const fs::path& file) {
  fs::rename(file, file.string() + ".set-aside");
  fs::remove(file.string() + "-journal");
}

std::optional<IndexRow> row_of(const fs::path& runs, const fs::path& dir) try {
  const auto facts = Json::parse(read_file(dir / "provenance.json"));
  IndexRow row{facts.at("id"),
               facts.at("name"),
               facts.at("stage"),
               dir.lexically_relative(runs).string(),
               {},
               facts.at("seed").get<std::int64_t>(),
               RunFolder(dir).status()};
  for (const auto& [axis, label] : facts.at("axes").items())
    row.axes[axis] = label.get<std::string>();
  return row;
} catch (const std::exception&) {
  return std::nullopt;  // no run folder, or one that is just being made
}

std::vector<fs::path> folders(const fs::path& parent) {
  std::vector<fs::path> found;
  if (!fs::is_directory(parent)) return found;
  for (const auto& entry : fs::directory_iterator(parent))
    if (entry.is_directory()) found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

bool is_done(const fs::path& dir) try {
  return RunFolder(dir).status().state == "done";
} catch (const Error&) {
  return false;
}

}  // namespace

struct Index::Impl {
  Impl(fs::path folder, Database opened) : runs(std::move(folder)), db(std::move(opened)) {}
  fs::path runs;
  Database db;
};

Index::Index(const fs::path& runs) : impl_(std::make_unique<Impl>(runs, nullptr)) {
  const auto file = runs / "assay.db";
  fs::create_directories(runs);
  impl_->db = open(file);
  if (!impl_->db) throw Error(ErrorKind::kIo, file.string() + ": cannot be opened or made");
  const int found = version(impl_->db.get());
  if (found == kSchema) return;
  if (found != 0) {  // 0: empty, or another process is just making it
    impl_->db.reset();
    set_aside(file);
    impl_->db = open(file);
  }
  rebuild();
}

Index::~Index() = default;

void Index::put(const IndexRow& row) {
  Statement put(impl_->db.get(),
                "INSERT OR REPLACE INTO runs VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
  const Status& s = row.status;
  put << row.id << row.name << row.stage << row.dir << Json(row.axes).dump() << row.seed << s.state
      << s.unit << s.units << std::int64_t{s.attempts} << s.started << s.ended << s.seconds
      << s.error_kind << s.error_message << Json(s.metrics).dump();
  put.step();
}

std::vector<IndexRow> Index::all() const {
  Statement select(
      impl_->db.get(),
      "SELECT id,name,stage,dir,axes,seed,state,unit,units,attempts,started,ended,seconds,"
      "error_kind,error_message,metrics FROM runs ORDER BY name, id");
  std::vector<IndexRow> rows;
  while (select.step()) {
    IndexRow row{
        select.text(0), select.text(1), select.text(2), select.text(3), {}, select.integer(5), {}};
    row.axes = Json::parse(select.text(4)).get<std::map<std::string, std::string>>();
    Status& s = row.status;
    s.state = select.text(6);
    s.unit = select.integer(7);
    s.units = select.integer(8);
    s.attempts = static_cast<int>(select.integer(9));
    s.started = select.real(10);
    s.ended = select.real(11);
    s.seconds = select.real(12);
    s.error_kind = select.text(13);
    s.error_message = select.text(14);
    const auto metrics = Json::parse(select.text(15));
    for (const auto& [name, value] : metrics.items())
      if (value.is_number()) s.metrics[name] = value.get<double>();
    rows.push_back(std::move(row));
  }
  return rows;
}

int Index::rebuild() try {
  execute(impl_->db.get(), kBegin);
  int count = 0;
  for (const auto& name : folders(impl_->runs))
    for (const auto& dir : folders(name))
      if (const auto row = row_of(impl_->runs, dir)) put(*row), ++count;
  execute(impl_->db.get(), kCommit);
  return count;
} catch (const Error&) {
  sqlite3_exec(impl_->db.get(), "ROLLBACK", nullptr, nullptr, nullptr);
  throw;
}

std::optional<fs::path> find_run(const fs::path& runs, const std::string& name,
                                 const std::string& id) {
  const std::string folder = id.substr(0, 16);
  const auto own = runs / name / folder;
  if (is_done(own)) return own;
  for (const auto& other : folders(runs))
    if (is_done(other / folder)) return other / folder;
  return fs::is_directory(own) ? std::optional(own) : std::nullopt;
}

}  // namespace assay
