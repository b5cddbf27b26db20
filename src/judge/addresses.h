// What an address in code tells: whose machine it is, and whether honest programs go there.
#pragma once

#include <string_view>

namespace winnow::judge {

enum class AddressKind : uint8_t {
  none,       // no address
  local,      // this machine or its network
  publisher,  // of those who publish models, packages and data
  service,    // a well-known service that programs ask
  other,      // anybody's
  number,     // a bare number of a machine on the Internet
  drop,       // where anybody may drop or fetch anything unseen: webhooks, bots, pastes, tunnels, catchers of requests
};

struct Address {
  AddressKind kind = AddressKind::none;
  bool plain = false;       // http, ftp: whoever is on the way may change what comes
  std::string_view host;    // of the text
};

// Of a text that begins with a scheme ("https://host/..."), also with git+ before it.
Address address_of(std::string_view text);
// Of a bare host ("10.0.0.1", "example.com"), with or without a port.
Address host_of(std::string_view host);

}  // namespace winnow::judge
