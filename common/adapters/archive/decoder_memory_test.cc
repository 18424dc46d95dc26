// What decoders take of the process's memory: files of the packers of everyday, of odd ones, and of hostile ones.
#include "common/adapters/archive/decoder_memory.h"

#include <gmock/gmock.h>
#include <lzma.h>
#include <malloc.h>
#include <unistd.h>
#include <zstd.h>

#include <fstream>

#include "common/adapters/archive/archive_reader.h"
#include "common/adapters/archive/packing.h"
#include "common/adapters/archive/test_packing.h"
#include "common/adapters/archive/zstd_reader.h"

namespace sluice::archive {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::size_t kMiB = std::size_t{1} << 20;

std::string noise(std::size_t bytes) {
  std::string out;
  std::uint64_t state = 1;
  while (out.size() < bytes) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    out += std::to_string(state >> 20) + "\n";
  }
  out.resize(bytes);
  return out;
}

std::string xz_of(const std::string& text, std::uint32_t dictionary) {
  lzma_options_lzma options;
  EXPECT_FALSE(lzma_lzma_preset(&options, 0));
  options.dict_size = dictionary;
  const lzma_filter filters[] = {{LZMA_FILTER_LZMA2, &options}, {LZMA_VLI_UNKNOWN, nullptr}};
  std::string out(lzma_stream_buffer_bound(text.size()), '\0');
  std::size_t size = 0;
  EXPECT_EQ(lzma_stream_buffer_encode(const_cast<lzma_filter*>(filters), LZMA_CHECK_CRC64, nullptr,
                                      reinterpret_cast<const std::uint8_t*>(text.data()), text.size(),
                                      reinterpret_cast<std::uint8_t*>(out.data()), &size, out.size()),
            LZMA_OK);
  out.resize(size);
  return out;
}

// As of a pipe: how much will come is not known, so that the window is as large as it may be.
std::string zstd_of(const std::string& text, int window_log) {
  const std::unique_ptr<ZSTD_CCtx, std::size_t (*)(ZSTD_CCtx*)> context(ZSTD_createCCtx(), ZSTD_freeCCtx);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_windowLog, window_log);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, 1);
  std::string out(ZSTD_compressBound(text.size()) + 64, '\0');
  ZSTD_inBuffer in{text.data(), text.size(), 0};
  ZSTD_outBuffer to{out.data(), out.size(), 0};
  ZSTD_compressStream2(context.get(), &to, &in, ZSTD_e_continue);
  while (ZSTD_compressStream2(context.get(), &to, &in, ZSTD_e_end) != 0) {
  }
  out.resize(to.pos);
  return out;
}

std::unique_ptr<ByteReader> reader_of(const std::string& bytes, MemoryBudget& memory) {
  return unpacked(std::make_unique<TextBytes>(bytes), packing_of(bytes.substr(0, kPackingBytes)), {.memory = &memory});
}

std::string unpack(const std::string& bytes, MemoryBudget& memory) { return read_all(*reader_of(bytes, memory)); }

TEST(DecoderMemory, WhatOneMayHaveIsEnoughForTheLargestOfEveryday) {
  EXPECT_EQ(unpack(xz_of("text", 64 * kMiB), decoder_memory()), "text") << "xz -9";
  EXPECT_EQ(unpack(zstd_of("text", 27), decoder_memory()), "text") << "zstd --long=27";
  EXPECT_EQ(unpack(compressed(archive_write_add_filter_bzip2, "text"), decoder_memory()), "text");
  EXPECT_EQ(decoder_memory().taken(), 0U) << "given back";
}

TEST(DecoderMemory, AFileThatNeedsMoreThanOneMayHaveIsRefusedInASentence) {
  EXPECT_THAT(unpack(xz_of("text", 1024 * kMiB), decoder_memory()),
              StartsWith("error: The file needs 1025 MiB of memory to be unpacked, and 136 MiB are allowed; pack it "
                         "with a smaller dictionary"));
  EXPECT_THAT(unpack(zstd_of("text", 30), decoder_memory()),
              StartsWith("error: The file needs 1025 MiB of memory to be unpacked"));
}

TEST(DecoderMemory, ALaterStreamOrFrameMayNeedMoreThanTheFirst) {
  MemoryBudget memory(64 * kMiB, 64 * kMiB);
  const std::string xz = xz_of("one ", kMiB), zstd = zstd_of("one ", 20);
  EXPECT_EQ(unpack(xz + xz_of("two", 32 * kMiB), memory), "one two");
  EXPECT_EQ(unpack(zstd + zstd_of("two", 25), memory), "one two");
  EXPECT_THAT(unpack(xz + xz_of("two", 64 * kMiB), memory), HasSubstr("error: The file needs 65 MiB"));
  EXPECT_THAT(unpack(zstd + zstd_of("two", 26), memory), HasSubstr("error: The file needs 65 MiB"));
}

TEST(DecoderMemory, WhatAllMayHaveTogetherIsKeptAndComesBack) {
  MemoryBudget memory(40 * kMiB, 80 * kMiB);
  for (const std::string& bytes : {xz_of("text", 32 * kMiB), zstd_of("text", 25)}) {
    auto first = reader_of(bytes, memory);
    const auto second = reader_of(bytes, memory);
    EXPECT_EQ(read_all(*first), "text");
    EXPECT_EQ(read_all(*second), "text");
    EXPECT_THROW((void)unpack(bytes, memory), MemoryBusy);
    first.reset();
    EXPECT_EQ(unpack(bytes, memory), "text");
  }
  EXPECT_EQ(memory.taken(), 0U);
}

std::size_t resident_bytes() {
  malloc_trim(0);
  std::ifstream statm("/proc/self/statm");
  std::size_t pages = 0;
  statm >> pages >> pages;
  return pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

TEST(DecoderMemory, WhatIsReservedIsWhatADecoderTakes) {
  const std::string part = noise(kMiB);
  std::string text;
  for (int i = 0; i < 36; ++i) text += part;
  for (const std::string& bytes : {xz_of(text, 32 * kMiB), zstd_of(text, 25)}) {
    MemoryBudget memory(kDecoderMemory, kAllDecodersMemory);
    const auto reader = reader_of(bytes, memory);
    std::string piece(kMiB, '\1');
    const std::size_t before = resident_bytes();
    for (int i = 0; i < 34; ++i) ASSERT_TRUE(reader->read(piece));
    const std::size_t after = resident_bytes();
    EXPECT_GE(memory.taken(), 32 * kMiB);
    EXPECT_LE(after, before + memory.taken() + 12 * kMiB) << "a sanitizer's own included";
    EXPECT_GE(after, before + memory.taken() / 2);
  }
}

TEST(DecoderMemory, AFrameSaysWhatItTakes) {
  const auto frame = [](const std::string& behind_magic) { return "\x28\xb5\x2f\xfd" + behind_magic; };
  using namespace std::string_literals;
  EXPECT_EQ(memory_of_frame(frame("\x00\x58"s)), 3 * kMiB) << "a window of 2 MiB";
  EXPECT_EQ(memory_of_frame(frame("\x00\x5c"s)), 4 * kMiB) << "and a half of that";
  EXPECT_EQ(memory_of_frame(frame("\x40\x58\x00\x01"s)), kMiB + 512) << "the content is smaller";
  EXPECT_EQ(memory_of_frame(frame("\x20\xff"s)), kMiB + 255) << "one segment";
  EXPECT_EQ(memory_of_frame(frame("\xe3" "abcd" "\x00\x00\x00\x00\x01\x00\x00\x00"s)), kMiB + (std::uint64_t{1} << 32));
  for (const std::string& none : {""s, "\x28\xb5\x2f"s, frame(""), frame("\x20"s), frame("\xe3" "abcd"s), "\x50\x2a\x4d\x18xxxx"s}) {
    EXPECT_EQ(memory_of_frame(none), 0U);
  }
}

TEST(ZstdReader, FramesWithoutDataArePassedOverAndOthersAreDamage) {
  using namespace std::string_literals;
  const std::string packed = zstd_of("text", 20), skipped = "\x50\x2a\x4d\x18\x03\x00\x00\x00" "abc"s;
  EXPECT_EQ(unpack(packed + skipped + packed, decoder_memory()), "texttext");
  EXPECT_THAT(unpack(packed + "garbage", decoder_memory()), HasSubstr("bytes behind its zstd data"));
  EXPECT_THAT(unpack(packed + "\x28\xb5", decoder_memory()), HasSubstr("error: The file"));
}

// A zip whose files are all packed by another method than they say; none of them is to be unpacked.
std::string zip_by_method(char method) {
  std::string out = stored_zip({{"a.csv", "one"}});
  out[out.find("PK\3\4") + 8] = method;
  out[out.find("PK\1\2") + 10] = method;
  return out;
}

TEST(ZipArchive, AFileThatAMethodPacksWhoseMemoryHasNoBoundIsRefused) {
  for (const auto& [method, name] : {std::pair{14, "lzma"}, {93, "zstd"}, {95, "xz"}, {98, "ppmd-1"}, {77, "?"}}) {
    ArchiveReader reader(std::make_unique<TextBytes>(zip_by_method(static_cast<char>(method))), {});
    const auto entry = reader.next();
    ASSERT_TRUE(entry && *entry) << name;
    EXPECT_THAT((*entry)->refusal, HasSubstr("which is not unpacked; make the zip with deflate or bzip2."));
    EXPECT_THAT((*entry)->refusal, HasSubstr("as " + std::string(name)));
    EXPECT_EQ(reader.next().value(), std::nullopt);
  }
}

}  // namespace
}  // namespace sluice::archive
