// A visitor of std::variant made of lambdas.
#pragma once

namespace holdfast {

template <class... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};

}  // namespace holdfast
