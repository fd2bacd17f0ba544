import RLSSecurity

/// One keyword of the configuration: all that is known of it, in one row.
package struct ServerOption: Sendable {
    package enum Section: String, Sendable, CaseIterable {
        case roles = "Roles and storage"
        case network = "Network"
        case limits = "Limits"
        case security = "Security"
        case running = "Running"
        case softState = "Soft state"
        case obsolete = "Without meaning today"
    }

    package struct ValueError: Error, CustomStringConvertible, Sendable {
        package let description: String
        package init(_ description: String) { self.description = description }
    }

    package let key: String
    /// Spellings of other versions.
    package let aliases: [String]
    package let section: Section
    /// What a value looks like: `0-65535`, `true or false`, …
    package let values: String
    package let help: String
    /// Takes effect by set_configuration and SIGHUP; the others need a restart.
    package let isReloadable: Bool
    package let isSecret: Bool
    /// What to use instead of a keyword that means nothing today.
    package let successor: String?
    /// Several lines add up.
    package let isRepeatable: Bool
    /// The current value as text; one element unless repeatable.
    package let get: @Sendable (ServerConfiguration) -> [String]
    package let set: @Sendable (inout ServerConfiguration, String) throws(ValueError) -> Void
    /// Takes this option's value over from another configuration.
    package let copy: @Sendable (_ from: ServerConfiguration, _ to: inout ServerConfiguration) -> Void

    private init<Value>(
        _ key: String, aliases: [String] = [], _ path: ConfigurationPath<Value>?, _ section: Section, values: String,
        help: String, isReloadable: Bool = false, isSecret: Bool = false, successor: String? = nil,
        isRepeatable: Bool = false,
        get: @escaping @Sendable (ServerConfiguration) -> [String],
        set: @escaping @Sendable (inout ServerConfiguration, String) throws(ValueError) -> Void
    ) {
        self.key = key
        self.aliases = aliases
        self.section = section
        self.values = values
        self.help = help
        self.isReloadable = isReloadable
        self.isSecret = isSecret
        self.successor = successor
        self.isRepeatable = isRepeatable
        self.get = get
        self.set = set
        copy = { from, to in if let path { to[keyPath: path] = from[keyPath: path] } }
    }
}

package typealias ConfigurationPath<Value> = any (WritableKeyPath<ServerConfiguration, Value> & Sendable)

extension ServerOption {
    static func flag(
        _ key: String, aliases: [String] = [], _ path: ConfigurationPath<Bool>, _ section: Section,
        reloadable: Bool = false,
        _ help: String
    ) -> ServerOption {
        ServerOption(
            key, aliases: aliases, path, section, values: "true or false", help: help, isReloadable: reloadable,
            get: { [$0[keyPath: path] ? "true" : "false"] },
            set: { (configuration, text) throws(ValueError) in
                switch text.lowercased() {
                case "true", "yes", "on", "1": configuration[keyPath: path] = true
                case "false", "no", "off", "0": configuration[keyPath: path] = false
                default: throw ValueError("expected true or false, not `\(text)`")
                }
            })
    }

    static func number(
        _ key: String, aliases: [String] = [], _ path: ConfigurationPath<Int>, _ section: Section,
        _ range: ClosedRange<Int>, unit: String = "", reloadable: Bool = false, _ help: String
    ) -> ServerOption {
        let values = "\(range.lowerBound)-\(range.upperBound)" + (unit.isEmpty ? "" : " \(unit)")
        return ServerOption(
            key, aliases: aliases, path, section, values: values, help: help, isReloadable: reloadable,
            get: { ["\($0[keyPath: path])"] },
            set: { (configuration, text) throws(ValueError) in
                guard let number = Int(text), range.contains(number) else {
                    throw ValueError("expected a number, \(values), not `\(text)`")
                }
                configuration[keyPath: path] = number
            })
    }

    static func text(
        _ key: String, aliases: [String] = [], _ path: ConfigurationPath<String>, _ section: Section, _ values: String,
        check: @escaping @Sendable (String) -> Bool = { _ in true }, _ help: String
    ) -> ServerOption {
        ServerOption(
            key, aliases: aliases, path, section, values: values, help: help,
            get: { [$0[keyPath: path]] },
            set: { (configuration, text) throws(ValueError) in
                guard check(text) else { throw ValueError("expected \(values), not `\(text)`") }
                configuration[keyPath: path] = text
            })
    }

    static func database(_ key: String, _ path: ConfigurationPath<String>, _ values: String, _ help: String)
        -> ServerOption
    {
        ServerOption(
            key, path, .roles, values: values, help: help,
            get: { [DatabaseURL.shown($0[keyPath: path])] },
            set: { (configuration, text) throws(ValueError) in
                guard text.isEmpty || DatabaseURL(text) != nil else {
                    throw ValueError("expected \(values), not `\(DatabaseURL.shown(text))`")
                }
                configuration[keyPath: path] = text
            })
    }

    static func choice<Value: RawRepresentable & CaseIterable & Sendable>(
        _ key: String, _ path: ConfigurationPath<Value>, _ section: Section, reloadable: Bool = false,
        numbers: [Value] = [], _ help: String
    ) -> ServerOption where Value.RawValue == String {
        let values = Value.allCases.map(\.rawValue).joined(separator: " ")
        return ServerOption(
            key, path, section, values: values, help: help, isReloadable: reloadable,
            get: { [$0[keyPath: path].rawValue] },
            set: { (configuration, text) throws(ValueError) in
                let numbered = Int(text).flatMap {
                    $0 < 0 ? nil : numbers.indices.contains($0) ? numbers[$0] : numbers.last
                }
                guard let value = Value(rawValue: text.lowercased()) ?? numbered else {
                    throw ValueError("expected one of \(values), not `\(text)`")
                }
                configuration[keyPath: path] = value
            })
    }

    static func rules<Rule: CustomStringConvertible & Sendable>(
        _ key: String, _ path: ConfigurationPath<[Rule]>, _ section: Section, _ values: String,
        parse: @escaping @Sendable (String) throws(ValueError) -> Rule, _ help: String
    ) -> ServerOption {
        ServerOption(
            key, path, section, values: values, help: help, isReloadable: true, isRepeatable: true,
            get: { $0[keyPath: path].map(\.description) },
            set: { (configuration, text) throws(ValueError) in configuration[keyPath: path].append(try parse(text)) })
    }

    /// A grid-mapfile, read when the option is set.
    static func gridMap(
        _ key: String, _ path: ConfigurationPath<GridMap>, _ section: Section, _ help: String
    ) -> ServerOption {
        ServerOption(
            key, path, section, values: "PATH", help: help, isReloadable: true,
            get: { [$0[keyPath: path].path] },
            set: { (configuration, text) throws(ValueError) in
                do { configuration[keyPath: path] = text.isEmpty ? .none : try GridMap(contentsOf: text) } catch {
                    throw ValueError("\(error)")
                }
            })
    }

    /// Understood, so that an old file still works, and said to be without effect.
    static func obsolete(_ key: String, aliases: [String] = [], secret: Bool = false, use successor: String)
        -> ServerOption
    {
        ServerOption(
            key, aliases: aliases, ConfigurationPath<Bool>?.none, .obsolete, values: "anything",
            help: "no effect; \(successor)", isSecret: secret,
            successor: successor, get: { _ in [] }, set: { (_, _) throws(ValueError) in })
    }
}
