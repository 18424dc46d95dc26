#include "common/adapters/http/multipart.h"

#include <gmock/gmock.h>

#include "common/adapters/http/text_body.h"

namespace sluice::http {
namespace {

std::string all_of(BodyReader& body, std::size_t at_once) {
  std::string out, piece(at_once, '\0');
  for (;;) {
    const auto got = body.read(piece);
    if (!got) return out;
    out.append(piece, 0, *got);
    if (*got < at_once) return out;
  }
}

const std::string kForm =
    "a preamble\r\n"
    "--b\r\nContent-Disposition: form-data; name=\"dataset\"\r\n\r\nbookings\r\n"
    "--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a \\\"b\\\".csv\"\r\n"
    "Content-Type: text/csv\r\n\r\nx,y\r\n--bx\r\n1,2\r\n\r\n"
    "--b  \r\nContent-Disposition: form-data; name=\"file\"; filename*=UTF-8''na%C3%AFve.csv\r\n\r\n"
    "\r\n--b--\r\nan epilogue";

TEST(Multipart, GivesPartsAndTheirContentsHoweverTheyAreRead) {
  for (const std::size_t at_once : {1, 2, 3, 7, 1000}) {
    TextBody body(kForm);
    MultipartReader reader(body, "b");
    auto part = reader.next();
    ASSERT_TRUE(part && *part);
    EXPECT_EQ((*part)->name, "dataset");
    EXPECT_FALSE((*part)->file_name);
    EXPECT_EQ(all_of(reader, at_once), "bookings");
    part = reader.next();
    ASSERT_TRUE(part && *part);
    EXPECT_EQ((*part)->file_name, "a \"b\".csv");
    // "\r\n--bx" begins with the delimiter: what stands behind a boundary must be blank, so it would be
    // a broken part; that a boundary does not occur in the content is the sender's business.
    EXPECT_EQ(all_of(reader, at_once), "x,y");
    EXPECT_FALSE(reader.next());
  }
}

// The body is read in buffers; a part without content may end in another one than it began in.
TEST(Multipart, PartsWithoutContentEndWhereverABufferEnds) {
  for (std::size_t preamble = 64 * 1024 - 80; preamble < 64 * 1024 + 4; ++preamble) {
    TextBody body(std::string(preamble, 'x') +
                  "\r\n--b\r\nContent-Disposition: form-data; name=one\r\n\r\n"
                  "\r\n--b\r\nContent-Disposition: form-data; name=two\r\n\r\ny\r\n--b--");
    MultipartReader reader(body, "b");
    auto part = reader.next();
    ASSERT_TRUE(part && *part) << preamble;
    EXPECT_EQ(all_of(reader, 10), "") << preamble;
    part = reader.next();
    ASSERT_TRUE(part && *part) << preamble;
    EXPECT_EQ((*part)->name, "two");
    EXPECT_EQ(all_of(reader, 10), "y");
    part = reader.next();
    EXPECT_TRUE(part && !*part) << preamble;
  }
}

TEST(Multipart, SkipsWhatIsNotRead) {
  TextBody body("--b\r\nContent-Disposition: form-data; name=one\r\n\r\n" + std::string(200'000, 'x') +
                "\r\n--b\r\nContent-Disposition: form-data; name=two; filename=f.csv\r\n\r\n\r\n--b--");
  MultipartReader reader(body, "b");
  ASSERT_EQ((*reader.next())->name, "one");
  const auto two = reader.next();
  ASSERT_TRUE(two && *two);
  EXPECT_EQ((*two)->file_name, "f.csv");
  EXPECT_EQ(all_of(reader, 10), "");
  const auto end = reader.next();
  ASSERT_TRUE(end);
  EXPECT_FALSE(*end);
}

TEST(Multipart, LongContentComesWhole) {
  std::string content;
  for (int i = 0; content.size() < 300'000; ++i) content += "\r\n-" + std::to_string(i) + "\r\n--";
  TextBody body("--b\r\nContent-Disposition: form-data; name=f; filename=f\r\n\r\n" + content +
                "\r\n--b--\r\n");
  MultipartReader reader(body, "b");
  ASSERT_TRUE(*reader.next());
  EXPECT_EQ(all_of(reader, 4096), content);
}

TEST(Multipart, OneThatIsCutShortIsRefusedEverywhere) {
  const std::string whole =
      "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"f\"\r\n\r\nabc\r\n--b--";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    TextBody body(whole.substr(0, size));
    MultipartReader reader(body, "b");
    bool refused = false;
    for (auto part = reader.next();; part = reader.next()) {
      if (!part) {
        EXPECT_EQ(part.error().status, 400);
        refused = true;
      }
      if (!part || !*part) break;
    }
    EXPECT_TRUE(refused) << size;
  }
}

TEST(Multipart, TheBoundaryIsFoundInItsContentType) {
  EXPECT_EQ(multipart_boundary("multipart/form-data; boundary=----x1"), "----x1");
  EXPECT_EQ(multipart_boundary("Multipart/Form-Data; charset=utf-8; Boundary=\"a b\""), "a b");
  EXPECT_FALSE(multipart_boundary("multipart/form-data"));
  EXPECT_FALSE(multipart_boundary("text/csv; boundary=x"));
}

}  // namespace
}  // namespace sluice::http
