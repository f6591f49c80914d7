# Members by which a type answers a concept are documented once, at the concept: here they get a link to it.
s|^ +static constexpr bool holds\(|/** What fractal::Condition asks. */ &|
s|^ +static constexpr std::string_view word =|/** What fractal::Word asks: the word. */ &|
s|^ +static constexpr void write\(NetworkSpec|/** What fractal::Word asks: writes itself into the value. */ &|
s|^ +static constexpr Line fault\(\)|/** What fractal::Word asks: a complaint about its own arguments. */ &|
s/^ +static constexpr (std::string_view (name|type|fault) =|LayerKind kind|int argument|bool maps_channels)/\/** What fractal::Layer asks. *\/ &/
s/^ +static constexpr (Shape output|WeightList weights|std::int64_t macs|Saved saved)\(/\/** What fractal::Layer asks. *\/ &/
s|^ +constexpr bool operator==\(const [A-Za-z]+&\) const = default;|/** Equal in all members. */ &|
