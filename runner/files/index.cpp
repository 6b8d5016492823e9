// The index: one table, rebuilt from the run folders whenever it is missing or strange.
#include "runner/files/index.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <SQLiteCpp/VariadicBind.h>
#include <sqlite3.h>
#include <nlohmann/json.hpp>

#include <algorithm>

#include "assay/error.h"
#include "runner/files/file_system.h"
#include "runner/files/metrics_json.h"

namespace assay {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr int kSchema = 1;
constexpr int kPatience = 5000;  // milliseconds
constexpr const char* kEmptyTable =
    "CREATE TABLE IF NOT EXISTS runs(id TEXT PRIMARY KEY, name TEXT, stage TEXT, "
    "dir TEXT, axes TEXT, seed INTEGER,"
    " state TEXT, unit INTEGER, units INTEGER, attempts INTEGER, started REAL, ended REAL,"
    " seconds REAL, error_kind TEXT, error_message TEXT, metrics TEXT);"
    "DELETE FROM runs;";

[[noreturn]] void fail(const fs::path& file, const SQLite::Exception& error) {
  const std::string text = file.string() + ": " + error.what();
  const int code = error.getErrorCode();
  if (code == SQLITE_FULL) throw DiskFull(ErrorKind::kIo, text);
  if (code == SQLITE_BUSY) throw Error(ErrorKind::kBusy, text + "; another process is writing it");
  throw Error(ErrorKind::kIo, text + "; `assay index` rebuilds it");
}

std::unique_ptr<SQLite::Database> open(const fs::path& file) {
  return std::make_unique<SQLite::Database>(file, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE,
                                            kPatience);
}

// The schema version of a database, or -1 for a file that is none. Throws where it cannot be read
// now, as while another process writes it.
int version(SQLite::Database& db) try {
  return db.execAndGet("PRAGMA user_version").getInt();
} catch (const SQLite::Exception& error) {
  const int code = error.getErrorCode();
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
  return RunFolder(dir).status().state == RunState::kDone;
} catch (const Error&) {
  return false;
}

}  // namespace

struct Index::Impl {
  fs::path runs, file;
  std::unique_ptr<SQLite::Database> db;
};

Index::Index(const fs::path& runs) : impl_(new Impl{runs, runs / "assay.db", nullptr}) {
  auto& [folder, file, db] = *impl_;
  fs::create_directories(runs);
  try {
    db = open(file);
    const int found = version(*db);
    if (found == kSchema) return;
    if (found != 0) {  // 0: empty, or another process is just making it
      db.reset();
      set_aside(file);
      db = open(file);
    }
  } catch (const SQLite::Exception& error) {
    fail(file, error);
  }
  rebuild();
}

Index::~Index() = default;

void Index::put(const IndexRow& row) try {
  SQLite::Statement put(*impl_->db,
                        "INSERT OR REPLACE INTO runs VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
  const Status& s = row.status;
  SQLite::bind(put, row.id, row.name, row.stage, row.dir, Json(row.axes).dump(), row.seed,
               std::string(name_of(s.state)), s.unit, s.units, s.attempts, s.started, s.ended,
               s.seconds, s.error_kind, s.error_message, metrics_json(s.metrics).dump());
  put.exec();
} catch (const SQLite::Exception& error) {
  fail(impl_->file, error);
}

std::vector<IndexRow> Index::all() const try {
  SQLite::Statement select(
      *impl_->db,
      "SELECT id,name,stage,dir,axes,seed,state,unit,units,attempts,started,ended,seconds,"
      "error_kind,error_message,metrics FROM runs ORDER BY name, id");
  const auto text = [&](int k) { return select.getColumn(k).getString(); };
  std::vector<IndexRow> rows;
  while (select.executeStep()) {
    IndexRow row{text(0), text(1), text(2), text(3), {}, select.getColumn(5), {}};
    row.axes = Json::parse(text(4)).get<std::map<std::string, std::string>>();
    Status& s = row.status;
    s.state = state_of(text(6)).value_or(RunState::kQueued);
    s.unit = select.getColumn(7);
    s.units = select.getColumn(8);
    s.attempts = select.getColumn(9);
    s.started = select.getColumn(10);
    s.ended = select.getColumn(11);
    s.seconds = select.getColumn(12);
    s.error_kind = text(13);
    s.error_message = text(14);
    s.metrics = metrics_from_json(nlohmann::json::parse(text(15)));
    rows.push_back(std::move(row));
  }
  return rows;
} catch (const SQLite::Exception& error) {
  fail(impl_->file, error);
}

// All or nothing, and one process at a time: a table without its rows would look complete.
int Index::rebuild() try {
  SQLite::Transaction whole(*impl_->db, SQLite::TransactionBehavior::IMMEDIATE);
  impl_->db->exec(kEmptyTable);
  int count = 0;
  for (const auto& name : folders(impl_->runs))
    for (const auto& dir : folders(name))
      if (const auto row = row_of(impl_->runs, dir)) put(*row), ++count;
  impl_->db->exec("PRAGMA user_version = 1");
  whole.commit();
  return count;
} catch (const SQLite::Exception& error) {
  fail(impl_->file, error);
}

std::optional<fs::path> find_run(const fs::path& runs, const std::string& name,
                                 const std::string& id) {
  const std::string folder = run_name(id);
  const auto own = runs / name / folder;
  if (is_done(own)) return own;
  for (const auto& other : folders(runs))
    if (is_done(other / folder)) return other / folder;
  return fs::is_directory(own) ? std::optional(own) : std::nullopt;
}

}  // namespace assay
