// signet get, head, post, put, delete: HTTP/1.1 over verified TLS.
#include <nlohmann/json.hpp>

#include <optional>

#include <signet/base/new_file.hpp>
#include <signet/version.hpp>

#include "commands.hpp"
#include "connection_report.hpp"
#include "files.hpp"
#include "http/client.hpp"
#include "http1/characters.hpp"
#include "json_text.hpp"
#include "options/connection.hpp"
#include "output.hpp"

namespace tool {
namespace {

constexpr int most_redirects = 20;
constexpr std::size_t most_sent = std::size_t{1} << 30;
constexpr std::size_t most_json_body = std::size_t{64} << 20;

struct get_options {
  std::string address = {};
  std::string out = {};
  std::vector<std::string> headers = {};
  std::string data = {};
  std::string data_file = {};
  bool include_head = false;
  bool fail = false;
  bool follow = false;
  bool follow_with_all = false;
  bool json = false;
  client_flags client = {};
};

// Where the result goes: stdout, or a file that appears when all of it is there.
class result_sink {
 public:
  explicit result_sink(const std::string& out) {
    if (!out.empty() && out != "-")
      file_.emplace(
          signet::new_file::begin(out, signet::file_access::by_umask, signet::existing_file::replace).value());
  }
  void write(std::string_view bytes) {
    if (file_) {
      file_->write(bytes).value();
    } else {
      print(bytes);
    }
  }
  void commit() {
    if (file_) file_->commit().value();
  }

 private:
  std::optional<signet::new_file> file_;
};

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto size = http1::first_character(text).size;
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

void add_header(const std::string& command, const std::string& text, http1::header_fields& into) {
  const auto colon = text.find(':');
  const auto name = text.substr(0, colon);
  const auto value =
      colon == text.npos ? std::string() : std::string(http1::trimmed(std::string_view(text).substr(colon + 1)));
  bool good = colon != text.npos && http1::is_token(name);
  for (const char c : value) good = good && (c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f));
  if (!good) throw failure(exit_status::usage, command + ": -H: " + text + " is not of the form 'Name: value'");
  if (http1::same_ignoring_case(name, "Content-Length") || http1::same_ignoring_case(name, "Transfer-Encoding"))
    throw failure(exit_status::usage, command + ": -H: " + name + " is set by signet itself");
  into.add(name, value);
}

// Whom a call goes to: the server that the command line names, or one that a redirect led to, for which nothing on the
// command line is meant that could tell it who we are.
enum class meant_for : unsigned char { the_one_named, others };

class exchanges {
 public:
  explicit exchanges(const client_flags& client) : client_(client) {}

  http_exchange perform(const http_call& call, meant_for whom) {
    check_zone(call.server(), written::in_url);
    if (call.where.protocol == http1::url::scheme::http)
      return http_exchange::over_tcp(call, client_.tcp_connect_options(), client_.timeout());
    if (whom == meant_for::the_one_named) {
      if (!own_) own_ = client_.config();
      return http_exchange::over_tls(call, *own_, client_.connect_options(), client_.timeout());
    }
    if (!others_) others_ = client_.config_for_others();
    try {
      return http_exchange::over_tls(call, *others_, client_.connect_options_for_others(), client_.timeout());
    } catch (const signet::exception& e) {
      if (e.error().code() != signet::errc::certificate_required || !client_.has_certificate()) throw;
      auto parts = e.error().parts();
      parts.hint =
          "a redirect led to another server, which does not get the certificate of --cert: name that server "
          "itself, or allow it with --location-trusted";
      throw signet::exception(signet::error(std::move(parts)));
    }
  }

 private:
  const client_flags& client_;
  std::optional<signet::client_config> own_;
  std::optional<signet::client_config> others_;
};

// What a server may learn that somebody else's redirect leads to.
bool is_for_everybody(std::string_view name) {
  return http1::same_ignoring_case(name.substr(0, 6), "accept") ||
         http1::same_ignoring_case(name, "content-language") || http1::same_ignoring_case(name, "user-agent");
}

// The call that a redirecting answer asks for (RFC 9110 section 15.4), or nothing.
std::optional<http_call> redirected(const http_call& call, const http1::response& response) {
  const int status = response.status;
  const auto* location = response.fields.find("Location");
  if (location == nullptr || (status != 301 && status != 302 && status != 303 && status != 307 && status != 308))
    return {};
  auto target = call.where.resolve(*location);
  if (!target) {
    throw failure(exit_status::dialogue,
                  "following the redirect from " + call.where.text() + ": " + target.error().message(),
                  target.error().hint());
  }
  if (call.where.protocol == http1::url::scheme::https && target->protocol == http1::url::scheme::http) {
    throw failure(exit_status::dialogue, "following the redirect from " + call.where.text() + ": it leads to " +
                                             target->text() + ", out of TLS, and is not followed");
  }
  http_call next = call;
  next.where = *std::move(target);
  const bool was_post = call.method == "POST";
  if ((status == 303 && call.method != "HEAD") || ((status == 301 || status == 302) && was_post)) {
    next.method = "GET";
    next.body.clear();
    next.fields.remove("Content-Type");
  }
  return next;
}

// What was meant for one server is not told to another.
void make_fit_for_others(http_call& next, const http_call& before) {
  if (!next.body.empty())
    throw failure(exit_status::dialogue,
                  "following the redirect from " + before.where.text() + ": it leads to another server, " +
                      next.where.text() + ", which would get the body of the request",
                  "send it there yourself, or allow it with --location-trusted");
  std::vector<std::string> dropped;
  for (const auto& field : next.fields.all())
    if (!is_for_everybody(field.name)) dropped.push_back(field.name);
  for (const auto& name : dropped) next.fields.remove(name);
}

void tell_connection(const http_exchange& exchange, bool verbose) {
  if (const auto* tls = exchange.tls()) {
    warn_of_findings(*tls);
    if (verbose) say_connection(*tls);
  } else if (verbose) {
    say("peer:        " + signet::to_string(exchange.remote_endpoint()) + ", without TLS");
  }
}

void write_json(const http_call& call, http_exchange& exchange, result_sink& sink) {
  std::string body;
  exchange.read_body([&](std::string_view piece) {
    if (body.size() + piece.size() > most_json_body) {
      throw failure(exit_status::dialogue, "reading the HTTP body: larger than " + std::to_string(most_json_body) +
                                               " bytes, too large for --json");
    }
    body += piece;
  });
  const auto& response = exchange.response();
  auto headers = nlohmann::ordered_json::array();
  for (const auto& field : response.fields.all()) headers.push_back({{"name", field.name}, {"value", field.value}});
  nlohmann::ordered_json document = {
      {"url", call.where.text()}, {"status", response.status}, {"reason", response.reason}, {"headers", headers}};
  if (const auto* tls = exchange.tls()) {
    document["connection"] = connection_json(*tls);
  } else {
    document["connection"] = {{"peer", signet::to_string(exchange.remote_endpoint())}, {"version", nullptr}};
  }
  if (is_utf8(body)) {
    document["body"] = body;
  } else {
    document["body_hex"] = signet::to_hex(body);
  }
  sink.write(to_text(document) + "\n");
}

// The exchange and those that it leads to. `was` is of the last one.
exit_status follow(const std::string& command, const get_options& o, http_call call, told_before& was) {
  result_sink sink(o.out);
  exchanges with(o.client);
  auto whom = meant_for::the_one_named;
  for (int redirects = 0;; ++redirects) {
    was = told_before::no;
    auto exchange = with.perform(call, whom);
    tell_connection(exchange, o.client.verbose());
    was = told_before::yes;
    const auto& response = exchange.response();
    if (o.follow || o.follow_with_all) {
      if (auto next = redirected(call, response)) {
        if (redirects == most_redirects)
          throw failure(exit_status::dialogue,
                        "following redirects from " + o.address + ": more than " + std::to_string(most_redirects));
        if (o.client.verbose()) say("redirect:    " + next->where.text());
        if (!next->where.same_origin(call.where) && !o.follow_with_all) {
          make_fit_for_others(*next, call);
          whom = meant_for::others;
        }
        call = *std::move(next);
        continue;
      }
    }
    if (o.fail && response.status >= 400) {
      // Many servers that want a certificate say so in HTTP only.
      const auto wanted =
          exchange.tls() != nullptr && response.status < 500 ? requested_of_us(exchange.tls()->info()) : "";
      throw failure(exit_status::judged_bad,
                    command + " " + call.where.text() + ": the server answered " + std::to_string(response.status) +
                        " " + response.reason,
                    wanted.empty() ? "" : "it asked for " + wanted + ": give one that it accepts (--cert FILE)");
    }
    if (o.json) {
      write_json(call, exchange, sink);
    } else {
      if (o.include_head || call.method == "HEAD") sink.write(printable_lines(exchange.head()));
      exchange.read_body([&](std::string_view piece) { sink.write(piece); });
    }
    sink.commit();
    return exit_status::ok;
  }
}

exit_status run_method(const std::string& command, const std::string& method, arguments args) {
  const bool sends = method != "HEAD";
  command_line line(
      "signet " + command,
      method == "GET" ? "Fetches a URL over verified TLS: the body goes to stdout as it arrives."
                      : "Sends " + method + " to a URL over verified TLS.",
      "  signet " + command + " https://www.example.org/\n  signet " + command +
          " --ca ca.pem -v https://localhost:8443/page" +
          (sends ? "\n  signet " + command + " -o page.html --location --fail https://www.example.org/page" : "") +
          "\n");
  get_options o;
  line.add_option("URL", o.address, "https://HOST[:PORT]/PATH, or http://").required().type_name("");
  line.add_option("-o,--output", o.out, "write to a file, which appears only when all is there").type_name("FILE");
  line.add_flag("-i,--include", o.include_head, "the head of the answer too");
  line.repeatable("-H,--header", o.headers, "send a header field (again for more)").type_name("'NAME: VALUE'");
  line.add_flag("--fail", o.fail, "status 1 and no output when the answer is 400 or more");
  line.add_flag("--location", o.follow, "follow redirects, 20 at most, never out of TLS");
  line.add_flag("--location-trusted", o.follow_with_all,
                "follow them, and give another server all that the first one gets: body, headers, certificate");
  line.add_flag("--json", o.json, "print a JSON object: status, headers, connection, body");
  o.client.add_verbose_to(line);
  if (sends) {
    const auto data = line.add_option("--data", o.data, "send this text as the body").type_name("TEXT");
    line.may_be_empty(data);
    line.add_option("--data-file", o.data_file, "send this file as the body (-: stdin)")
        .type_name("FILE")
        .excludes(data);
  }
  o.client.add_to(line);
  if (const auto over = line.read(args)) return *over;
  o.client.check(command);
  o.client.tls().allow_alpn(command, {"http/1.1", "http/1.0"});

  http_call call{.method = method, .where = http1::url::parse(o.address).value()};
  for (const auto& header : o.headers) add_header(command, header, call.fields);
  call.body = o.data_file.empty()
                  ? o.data
                  : whole_file(o.data_file == "-" ? "/dev/stdin" : o.data_file, most_sent, "--data-file");
  if (!call.body.empty() && call.fields.count("Content-Type") == 0)
    call.fields.add("Content-Type",
                    o.data_file.empty() ? "application/x-www-form-urlencoded" : "application/octet-stream");
  if (call.fields.count("User-Agent") == 0) call.fields.add("User-Agent", "signet/" + signet::version().library);
  if (call.fields.count("Accept") == 0) call.fields.add("Accept", "*/*");

  auto was = told_before::no;
  try {
    return follow(command, o, call, was);
  } catch (const signet::exception& failed) {
    const auto why = o.client.told(failed.error());
    if (o.client.verbose()) say_what_was_reached(why, was);
    if (o.json) print(to_text({{"url", call.where.text()}, {"failure", json_of(why)}}) + "\n");
    throw signet::exception(why);
  } catch (const failure& failed) {
    if (o.json) print(to_text({{"url", call.where.text()}, {"failure", json_of(failed)}}) + "\n");
    throw;
  }
}

}  // namespace

exit_status run_get(arguments args) {
  return run_method("get", "GET", args);
}
exit_status run_head(arguments args) {
  return run_method("head", "HEAD", args);
}
exit_status run_post(arguments args) {
  return run_method("post", "POST", args);
}
exit_status run_put(arguments args) {
  return run_method("put", "PUT", args);
}
exit_status run_delete(arguments args) {
  return run_method("delete", "DELETE", args);
}

}  // namespace tool
