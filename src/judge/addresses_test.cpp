#include "judge/addresses.h"

#include <gtest/gtest.h>

#include "judge/places.h"

namespace winnow::judge {
namespace {

TEST(Addresses, Kinds) {
  EXPECT_EQ(address_of("https://huggingface.co/x/y").kind, AddressKind::publisher);
  EXPECT_EQ(address_of("https://cdn-lfs.huggingface.co/x").kind, AddressKind::publisher);
  EXPECT_EQ(address_of("https://evilhuggingface.co/x").kind, AddressKind::other);
  EXPECT_EQ(address_of("https://huggingface.co.evil.example/x").kind, AddressKind::other);
  EXPECT_EQ(address_of("https://huggingface.co@evil.example/x").kind, AddressKind::other);
  EXPECT_EQ(address_of("http://203.0.113.8:8080/x").kind, AddressKind::number);
  EXPECT_EQ(address_of("http://3405803784/x").kind, AddressKind::number);
  EXPECT_EQ(address_of("http://127.0.0.1:7860").kind, AddressKind::local);
  EXPECT_EQ(address_of("http://192.168.1.4/api").kind, AddressKind::local);
  EXPECT_EQ(address_of("https://discord.com/api/webhooks/1/x").kind, AddressKind::drop);
  EXPECT_EQ(address_of("https://discord.com/invite/x").kind, AddressKind::other);
  EXPECT_EQ(address_of("https://abc.oast.fun/").kind, AddressKind::drop);
  EXPECT_EQ(address_of("https://api.telegram.org/bot1:A/sendMessage").kind, AddressKind::drop);
  EXPECT_EQ(address_of("git+https://github.com/x/y").kind, AddressKind::publisher);
  EXPECT_EQ(address_of("no address").kind, AddressKind::none);
  EXPECT_EQ(address_of("std::vector://x").kind, AddressKind::none);
  EXPECT_TRUE(address_of("http://example.org/x").plain);
}

TEST(Places, Secrets) {
  for (const char* path : {"/home/u/.ssh/id_rsa", "~/.aws/credentials", ".ssh/id_ed25519", "/etc/shadow", "C:\\Users\\u\\AppData\\Local\\Google\\Chrome\\User Data\\Default\\Login Data", "/root/.cache/huggingface/token"}) EXPECT_TRUE(is_secret_place(path)) << path;
  for (const char* path : {"~/.cache/huggingface/hub", "models/login", "/home/u/project/train.py", "solid_rsahead", "tests/passwd.txt"}) EXPECT_FALSE(is_secret_place(path)) << path;
}

TEST(Places, Startups) {
  for (const char* path : {"~/.bashrc", "/etc/cron.d/x", "/home/u/.ssh/authorized_keys", "/etc/ld.so.preload", ".git/hooks/post-checkout"}) EXPECT_TRUE(is_startup_place(path)) << path;
  for (const char* path : {"bashrc.md", "/home/u/.profiles/x.json", "data/hosts.csv", "out/cron.log"}) EXPECT_FALSE(is_startup_place(path)) << path;
}

TEST(Places, Variables) {
  EXPECT_TRUE(is_secret_variable("HF_TOKEN"));
  EXPECT_TRUE(is_secret_variable("AWS_SECRET_ACCESS_KEY"));
  EXPECT_FALSE(is_secret_variable("TOKENIZERS_PARALLELISM"));
  EXPECT_FALSE(is_secret_variable("CUDA_VISIBLE_DEVICES"));
}

}  // namespace
}  // namespace winnow::judge
