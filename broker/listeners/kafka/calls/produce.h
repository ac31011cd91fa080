// Produce: not a coroutine, because all produces of one read enter their partitions together.
#pragma once

#include "broker/listeners/kafka/exchange/exchange.h"
#include "broker/listeners/kafka/exchange/shared.h"
#include "broker/listeners/kafka/messages/produce.h"
#include "broker/service/produce.h"

namespace ropewalk::kafka {

// Adds it to the turn.
void add_produce(Shared& shared, Exchange exchange, ProduceRequest message,
                 service::ProduceTurn& turn);

}  // namespace ropewalk::kafka
