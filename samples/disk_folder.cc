#include "samples/disk_folder.h"

#include <zlib.h>

#include <cstdio>
#include <fstream>
#include <stdexcept>

namespace sluice::samples {
namespace {

struct GzipCloser {
  void operator()(gzFile file) const { gzclose(file); }
};

// zlib does the buffering. Its header holds no time, so the same content gives the same bytes.
class GzipBuffer : public std::streambuf {
 public:
  explicit GzipBuffer(const std::filesystem::path& path) : file_(gzopen(path.c_str(), "wb")) {}

 protected:
  int_type overflow(int_type byte) override {
    const char value = traits_type::to_char_type(byte);
    return xsputn(&value, 1) == 1 ? byte : traits_type::eof();
  }
  std::streamsize xsputn(const char* bytes, std::streamsize size) override {
    return file_ == nullptr ? 0 : gzwrite(file_.get(), bytes, static_cast<unsigned>(size));
  }
  int sync() override {
    return file_ != nullptr && gzclose(file_.release()) == Z_OK ? 0 : -1;
  }

 private:
  std::unique_ptr<gzFile_s, GzipCloser> file_;
};

std::unique_ptr<std::streambuf> buffer_for(const std::filesystem::path& path) {
  if (path.extension() == ".gz") return std::make_unique<GzipBuffer>(path);
  auto buffer = std::make_unique<std::filebuf>();
  buffer->open(path, std::ios::out | std::ios::binary | std::ios::trunc);
  return buffer;
}

}  // namespace

std::ostream& DiskFolder::open(const std::string& name) {
  finish();
  path_ = folder_ / name;
  std::filesystem::create_directories(path_.parent_path());
  buffer_ = buffer_for(path_);
  stream_ = std::make_unique<std::ostream>(buffer_.get());
  return *stream_;
}

void DiskFolder::finish() {
  if (stream_ == nullptr) return;
  stream_->flush();
  if (!*stream_) throw std::runtime_error("cannot write " + path_.string());
  std::printf("%s\n", path_.c_str());
  stream_.reset();
  buffer_.reset();
}

}  // namespace sluice::samples
