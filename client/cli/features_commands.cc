#include "client/cli/commands.h"
#include "client/cli/consent.h"
#include "client/cli/features_text.h"

namespace ropewalk::cli {

Result<void> run(Client& client, const ShowFeatures& command) {
  TRY(const auto features, Admin(client).features());
  return print(command.json ? features_json(features) : features_text(features));
}

Result<void> run(Client& client, const UpgradeCluster& command) {
  Admin admin(client);
  TRY(const auto features, admin.features());
  TRY(const Upgrade upgrade, plan_upgrade(features, command.feature, command.level));
  if (command.json) TRY_VOID(print(upgrade_json(upgrade)));
  if (upgrade.from == upgrade.to)
    return command.json ? Result<void>()
                        : print(fmt::format("{} is at level {}: nothing to do\n", upgrade.feature,
                                            upgrade.from));
  if (!command.json)
    TRY_VOID(
        print(fmt::format("{} goes from level {} to {}. There is no way back: builds that do "
                          "not know it cannot join any more.\n",
                          upgrade.feature, upgrade.from, upgrade.to)));
  if (command.consent.dry_run) return admin.update_feature(upgrade.feature, upgrade.to, true);
  TRY(const bool go_on, may_go_on(command.consent, "Raise it?"));
  if (!go_on) return {};
  return admin.update_feature(upgrade.feature, upgrade.to);
}

}  // namespace ropewalk::cli
