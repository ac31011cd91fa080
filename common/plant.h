// Known mistakes that a test can put back, to show that it finds them.
//
// RW_PLANT(mistake) is false, and gone, in every program but those that are compiled with
// ROPEWALK_PLANTS: there it is true while `planted` names that mistake. A check that no planted
// mistake can trip proves nothing.
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace ropewalk {

enum class Plant {
  // The quorum (metadata-quorum.md, section 3).
  commit_of_older_term,     // Entries of earlier terms are committed by counting replicas.
  vote_without_log_check,   // A candidate whose log is behind gets votes.
  two_votes_in_a_term,      // The vote given is not looked at.
  no_log_matching,          // Entries are taken without the entry before them.
  vote_not_synced,          // Term and vote are not kept.
  acknowledge_before_sync,  // Messages leave before what they promise is durable.
  truncate_below_commit,    // A shorter request cuts what follows it.
  pre_vote_changes_state,   // A pre-vote raises the term of whom it reaches.
  stale_read,               // A read is answered without asking the others.
  old_snapshot_accepted,    // A snapshot replaces a log that is ahead of it.
  change_before_no_op,      // Voters change before the term has an entry of its own.
  // Replication (architecture, R3 to R6, R10).
  watermark_below_min_in_sync,     // The watermark moves with too few in sync.
  join_without_epoch_start,        // A replica joins that lacks what came before its leader.
  truncate_to_high_watermark,      // A new follower cuts at its watermark, not where logs part.
  no_epoch_check_on_fetch,         // Records of a deposed leader are taken.
  removal_counted_before_applied,  // Who is proposed out holds nothing back any more.
  rejection_of_repeat_ends_union,  // A rejected copy settles a proposal that has others.
  repeat_takes_new_incarnation,    // A repeated proposal names lives that it was not made for.
  watermark_goes_back,             // The watermark is what the set has now.
  // Whole brokers (R4, R8, R9, R12, R13, recovery).
  answer_before_sync,        // What is written counts as durable.
  producers_not_followed,    // A follower does not remember what producers sent.
  torn_tail_accepted,        // Recovery keeps batches whose checksum does not match.
  unclean_keeps_place,       // An unclean end does not make a `replicated` replica ineligible.
  old_life_keeps_its_place,  // A new life goes on where the one before was.
  lease_not_checked,         // A broker serves for as long as nobody tells it not to.
  damage_not_looked_at,      // What a reader could not use is sent to it again and again.
};

inline constexpr std::array<std::pair<Plant, std::string_view>, 26> kPlants{{
    {Plant::commit_of_older_term, "commit_of_older_term"},
    {Plant::vote_without_log_check, "vote_without_log_check"},
    {Plant::two_votes_in_a_term, "two_votes_in_a_term"},
    {Plant::no_log_matching, "no_log_matching"},
    {Plant::vote_not_synced, "vote_not_synced"},
    {Plant::acknowledge_before_sync, "acknowledge_before_sync"},
    {Plant::truncate_below_commit, "truncate_below_commit"},
    {Plant::pre_vote_changes_state, "pre_vote_changes_state"},
    {Plant::stale_read, "stale_read"},
    {Plant::old_snapshot_accepted, "old_snapshot_accepted"},
    {Plant::change_before_no_op, "change_before_no_op"},
    {Plant::watermark_below_min_in_sync, "watermark_below_min_in_sync"},
    {Plant::join_without_epoch_start, "join_without_epoch_start"},
    {Plant::truncate_to_high_watermark, "truncate_to_high_watermark"},
    {Plant::no_epoch_check_on_fetch, "no_epoch_check_on_fetch"},
    {Plant::removal_counted_before_applied, "removal_counted_before_applied"},
    {Plant::rejection_of_repeat_ends_union, "rejection_of_repeat_ends_union"},
    {Plant::repeat_takes_new_incarnation, "repeat_takes_new_incarnation"},
    {Plant::watermark_goes_back, "watermark_goes_back"},
    {Plant::answer_before_sync, "answer_before_sync"},
    {Plant::producers_not_followed, "producers_not_followed"},
    {Plant::torn_tail_accepted, "torn_tail_accepted"},
    {Plant::unclean_keeps_place, "unclean_keeps_place"},
    {Plant::old_life_keeps_its_place, "old_life_keeps_its_place"},
    {Plant::lease_not_checked, "lease_not_checked"},
    {Plant::damage_not_looked_at, "damage_not_looked_at"},
}};

#ifdef ROPEWALK_PLANTS
// Set once, before anything runs.
inline std::optional<Plant> planted;
#define RW_PLANT(mistake) (::ropewalk::planted == ::ropewalk::Plant::mistake)
#else
#define RW_PLANT(mistake) (static_cast<void>(::ropewalk::Plant::mistake), false)
#endif

}  // namespace ropewalk
