#include "common/settings/command_line.h"

#include <algorithm>
#include <list>

#include <CLI/CLI.hpp>

namespace ropewalk::settings {
namespace {

struct Flag {
  const Definition* definition;
  std::vector<std::string> given;
};

}  // namespace

bool Program::shows(const std::string& section) const {
  return sections_shown.empty() ||
         std::ranges::find(sections_shown, section) != sections_shown.end();
}

std::string described(const Definition& definition) {
  std::string text = definition.help + " Accepts " + definition.accepts + ".";
  if (!definition.initial.empty()) text += " Default: " + definition.initial + ".";
  return text;
}

Result<std::optional<std::string>> load(const Schema& schema, const Program& program,
                                        std::span<const std::string> arguments,
                                        const Outside& outside) {
  CLI::App app(program.description, program.name);
  app.allow_extras();
  app.set_version_flag("--version", program.version);
  std::string config;
  app.add_option("--config", config, kConfigHelp)->type_name("FILE");
  std::list<Flag> flags;  // The library keeps references to the elements.
  for (const Definition& definition : schema.definitions()) {
    Flag& flag = flags.emplace_back(Flag{&definition, {}});
    CLI::Option* option = app.add_option(definition.flag(), flag.given, described(definition));
    // Without a group it is hidden.
    option->group(program.shows(definition.section) ? definition.section : "")
        ->type_name("VALUE")
        ->expected(definition.is_switch ? 0 : 1, 1);
    option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)->allow_extra_args(false);
    if (definition.is_switch) option->default_str("true");
  }
  try {
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::CallForHelp&) {
    return app.help();
  } catch (const CLI::CallForVersion&) {
    return app.version() + "\n";
  } catch (const CLI::ParseError& error) {
    return fail(Errc::invalid_setting, "{}", error.what());
  }
  for (const std::string& extra : app.remaining()) {
    if (!extra.starts_with("--"))
      return fail(Errc::invalid_setting, "'{}' was not expected; see {} --help", extra,
                  program.name);
    std::string key = extra.substr(2, extra.find('=') - 2);
    std::ranges::replace(key, '-', '_');
    return fail(Errc::invalid_setting, "{}: {}", extra, unknown_setting(schema, key));
  }

  std::vector<Value> values;
  if (app.count("--config") > 0) {
    if (config.empty()) return fail(Errc::invalid_setting, "--config: no file named");
    TRY(const std::string text, outside.read_file(config));
    TRY(values, read_settings_text(schema, config, text));
  }
  for (Value& value : read_settings_environment(schema, outside.environ))
    values.push_back(std::move(value));
  for (const Flag& flag : flags) {
    const CLI::Option& option = *app.get_option(flag.definition->flag());
    if (option.count() == 0) continue;
    std::string text = fmt::format("{}", fmt::join(flag.given, ","));
    if (flag.definition->is_switch && text.empty()) text = "true";
    values.push_back({flag.definition->key, std::move(text), flag.definition->flag()});
  }
  TRY_VOID(settings::apply(schema, values));
  return std::nullopt;
}

}  // namespace ropewalk::settings
