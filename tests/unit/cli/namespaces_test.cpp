// Tables and trees of `lab ns`.
#include "cli/namespaces.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* answer = R"({"api":1,"lab":"t","namespaces":[
  {"node":null,"type":"user","dev":4,"inode":10,"id":null,"owner":1,"host":false,"made_inside":false,"processes":1,"pid":100,"command":"lab-init --spawner"},
  {"node":"h1","type":"time","dev":4,"inode":2,"id":8,"owner":1,"host":true,"made_inside":false,"processes":null,"pid":null,"command":""},
  {"node":"h1","type":"net","dev":4,"inode":21,"id":77,"owner":20,"host":false,"made_inside":false,"processes":2,"pid":101,"command":"lab-init"},
  {"node":"h1","type":"user","dev":4,"inode":20,"id":null,"owner":10,"host":false,"made_inside":false,"processes":2,"pid":101,"command":"lab-init"},
  {"node":"h1","type":"user","dev":4,"inode":30,"id":null,"owner":20,"host":false,"made_inside":true,"processes":1,"pid":102,"command":"evil\u001b[31m\n"},
  {"node":"h2","type":"user","dev":4,"inode":40,"id":null,"owner":10,"host":false,"made_inside":false,"processes":1,"pid":103,"command":"lab-init"},
  {"node":"sw","type":"net","dev":4,"inode":50,"id":9,"owner":10,"host":false,"made_inside":false,"processes":0,"pid":null,"command":""},
  "nonsense"]})";

std::vector<cli::NamespaceRow> rows() {
    return cli::parse_namespaces(boost::json::parse(answer).as_object());
}

TEST(Namespaces, AreATable) {
    const std::string table = cli::namespaces_table(rows(), false, {});
    EXPECT_THAT(table,
                HasSubstr("NODE              TYPE  NS          OWNER  NPROCS  PID  COMMAND\n"));
    EXPECT_THAT(
        table,
        HasSubstr("(lab)             user  10          1      1       100  lab-init --spawner\n"));
    EXPECT_THAT(table, HasSubstr("h1                time  the host's  1      -       -    -\n"));
    EXPECT_THAT(
        table,
        HasSubstr("h1 (made inside)  user  30          20     1       102  evil\\x1b[31m\\n\n"));
    EXPECT_THAT(table, HasSubstr("sw                net   50          10     0       -    -\n"));
    EXPECT_THAT(cli::namespaces_table(rows(), true, {}), HasSubstr(" 77 "));
}

TEST(Namespaces, AreATree) {
    const std::string tree = cli::namespaces_tree("t", rows(), {}, {});
    EXPECT_THAT(tree, HasSubstr("host\n"));
    EXPECT_THAT(tree, HasSubstr("lab t  user 10  1 process  lab-init --spawner\n"));
    EXPECT_THAT(tree, HasSubstr(" h1  user 20  owns net  2 processes  lab-init\n"));
    EXPECT_THAT(tree, HasSubstr(" made inside h1  user 30  1 process  evil\\x1b[31m\\n\n"));
    EXPECT_THAT(tree, HasSubstr(" sw  net 50\n"));
    EXPECT_EQ(std::count(tree.begin(), tree.end(), '\n'), 6);
    const std::string one = cli::namespaces_tree("t", rows(), {"h2"}, {});
    EXPECT_THAT(one, HasSubstr("h2"));
    EXPECT_THAT(one, Not(HasSubstr("h1")));
}

}  // namespace
