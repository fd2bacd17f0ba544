/// Where a server listens: `rls://host[:port][?channel=clear]` (GSI) or `rlsn://host[:port]` (no authentication).
public struct ServerAddress: Hashable, Sendable {
    public enum Scheme: String, Sendable {
        case authenticated = "rls"
        case insecure = "rlsn"
    }

    public static let defaultPort = 39281

    public let scheme: Scheme
    public let host: String
    public let port: Int
    /// `?channel=clear`: after authentication requests and replies are clear text, as servers before version 6 want it.
    public var isChannelClear: Bool

    public init(scheme: Scheme, host: String, port: Int = Self.defaultPort, isChannelClear: Bool = false) {
        self.scheme = scheme
        self.host = host
        self.port = port
        self.isChannelClear = isChannelClear
    }

    /// Throws BADURL with the text. IPv6 addresses stand in brackets.
    public init(_ text: String) throws(CatalogError) {
        let failure = CatalogError(.badURL, ByteString(text))
        guard let separator = text.firstRange(of: "://"),
            let scheme = Scheme(rawValue: String(text[..<separator.lowerBound]))
        else { throw failure }
        var rest = text[separator.upperBound...]
        var isChannelClear = false
        if let query = rest.firstIndex(of: "?") {
            switch rest[query...] {
            case "?channel=clear" where scheme == .authenticated: isChannelClear = true
            case "?channel=wrap" where scheme == .authenticated: break
            default: throw failure
            }
            rest = rest[..<query]
        }
        if rest.last == "/" { rest = rest.dropLast() }
        let host: Substring
        if rest.first == "[" {
            guard let end = rest.firstIndex(of: "]") else { throw failure }
            host = rest[rest.index(after: rest.startIndex)..<end]
            rest = rest[rest.index(after: end)...]
        } else {
            host = rest.prefix { $0 != ":" }
            rest = rest.dropFirst(host.count)
        }
        guard !host.isEmpty, !host.contains(where: { $0 == "/" || $0 == " " }) else { throw failure }
        var port = Self.defaultPort
        if let first = rest.first {
            guard first == ":", let number = Int(rest.dropFirst()), (1...65535).contains(number) else { throw failure }
            port = number
        }
        self.init(scheme: scheme, host: String(host), port: port, isChannelClear: isChannelClear)
    }
}

extension ServerAddress: CustomStringConvertible {
    public var description: String {
        "\(scheme.rawValue)://" + (host.contains(":") ? "[\(host)]" : host) + ":\(port)"
            + (isChannelClear ? "?channel=clear" : "")
    }
}
