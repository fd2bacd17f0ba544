import RLSCore
import RLSStorage
import RLSStoragePostgreSQL

/// What is wrong with the value of a keyword.
package struct SiteValueError: Error, CustomStringConvertible, Sendable {
    package let description: String
    init(_ description: String) { self.description = description }
}

/// The text behind a keyword.
struct SiteValue: Sendable {
    let text: String

    private var words: [Substring] { text.split { $0 == " " || $0 == "\t" } }

    func integer(_ range: ClosedRange<Int>) throws(SiteValueError) -> Int {
        guard let number = Int(text), range.contains(number) else {
            throw SiteValueError("\(text): expected a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func boolean() throws(SiteValueError) -> Bool {
        switch text {
        case "true": return true
        case "false": return false
        default: throw SiteValueError("\(text): expected true or false")
        }
    }

    func bytes() throws(SiteValueError) -> Int64 { try Self.bytes(text) }
    func seconds() throws(SiteValueError) -> Int64 { try Self.seconds(text) }

    private static func bytes(_ text: some StringProtocol) throws(SiteValueError) -> Int64 {
        do throws(UnitError) { return try ByteSize(parsing: String(text)).bytes } catch {
            throw SiteValueError(error.description)
        }
    }

    private static func seconds(_ text: some StringProtocol) throws(SiteValueError) -> Int64 {
        do throws(UnitError) { return try TimeSpan(parsing: String(text)).seconds } catch {
            throw SiteValueError(error.description)
        }
    }

    func bandwidth() throws(SiteValueError) -> BandwidthPlan.Rule {
        do throws(UnitError) { return try BandwidthPlan.Rule(parsing: text) } catch {
            throw SiteValueError(error.description)
        }
    }

    /// Of a site, a partition or a subscription: it becomes part of file names and of output.
    func name() throws(SiteValueError) -> String { try Self.name(text) }

    private static func name(_ text: some StringProtocol) throws(SiteValueError) -> String {
        let isGood = text.utf8.allSatisfy { byte in
            UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20 || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
                || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
        }
        guard isGood, (1...64).contains(text.utf8.count) else {
            throw SiteValueError("`\(text)` is no name: up to 64 letters, digits, - and _")
        }
        return String(text)
    }

    func path() throws(SiteValueError) -> String { try Self.path(text) }

    private static func path(_ text: some StringProtocol) throws(SiteValueError) -> String {
        guard text.hasPrefix("/") else { throw SiteValueError("\(text): expected a path that begins with /") }
        return text.count > 1 && text.hasSuffix("/") ? String(text.dropLast()) : String(text)
    }

    /// What is wrong with it is told without repeating it, for it may hold a password.
    func database() throws(SiteValueError) -> PostgreSQLSettings {
        let isURL = text.hasPrefix("postgresql://") || text.hasPrefix("postgres://")
        let settings = isURL ? try? PostgreSQLSettings(url: text, patience: .seconds(10), program: "ldr") : nil
        guard let settings else { throw SiteValueError("expected postgresql://[user@]host[:port]/database") }
        return settings
    }

    func server() throws(SiteValueError) -> ServerAddress {
        do throws(CatalogError) { return try ServerAddress(text) } catch {
            throw SiteValueError("\(text): expected rls://host[:port] or rlsn://host[:port]")
        }
    }

    func webAddress() throws(SiteValueError) -> WebAddress {
        let expected = "expected address:port, as 127.0.0.1:8080 or [::1]:8080, or a port"
        let colon = text.lastIndex(of: ":")
        let digits = colon.map { text[text.index(after: $0)...] } ?? text[...]
        guard let port = UInt16(digits), digits.utf8.allSatisfy({ $0 != UInt8(ascii: "+") }) else {
            throw SiteValueError("\(text): \(expected)")
        }
        guard let colon else { return WebAddress(port: Int(port)) }
        var host = text[..<colon]
        if host.hasPrefix("[") && host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            throw SiteValueError("\(text): \(expected)")
        }
        if host.isEmpty || host.contains(where: \.isWhitespace) { throw SiteValueError("\(text): \(expected)") }
        return WebAddress(host: String(host), port: Int(port))
    }

    /// What is wrong shows when the file is read, not when the first file comes.
    func layout() throws(SiteValueError) -> String {
        do throws(LayoutError) { _ = try LayoutTemplate(parsing: text) } catch {
            throw SiteValueError(error.description)
        }
        return text
    }

    func nameRule() throws(SiteValueError) -> String {
        do throws(NameRuleError) { _ = try NameRules.rule(configured: text) } catch {
            throw SiteValueError(error.description)
        }
        return text
    }

    func command() throws(SiteValueError) -> (scheme: String, command: String) {
        let (scheme, command) = try firstWord()
        do throws(CommandTemplate.Failure) { _ = try CommandTemplate(command) } catch {
            throw SiteValueError(error.description)
        }
        return (scheme, command)
    }

    func stageCommand() throws(SiteValueError) -> StageConfiguration {
        let (first, command) = try firstWord()
        do throws(CommandTemplate.Failure) { _ = try CommandTemplate(command, .stage) } catch {
            throw SiteValueError(error.description)
        }
        return StageConfiguration(prefix: try Self.url(first[...]) + "/", command: command)
    }

    private func firstWord() throws(SiteValueError) -> (first: String, rest: String) {
        guard let first = words.first, words.count > 1 else {
            throw SiteValueError("\(text): expected two words or more")
        }
        let rest = text[first.endIndex...].drop { $0 == " " || $0 == "\t" }
        return (String(first), String(rest))
    }

    // MARK: Several words

    private static func url(_ text: Substring) throws(SiteValueError) -> String {
        guard let separator = text.firstRange(of: "://"), separator.lowerBound > text.startIndex else {
            throw SiteValueError("\(text): expected a URL, as gsiftp://host/path")
        }
        return text.hasSuffix("/") ? String(text.dropLast()) : String(text)
    }

    func partition() throws(SiteValueError) -> PartitionConfiguration {
        guard words.count >= 3 else { throw SiteValueError("expected a name, a path and a URL") }
        var partition = PartitionConfiguration(
            name: try Self.name(words[0]), root: try Self.path(words[1]), url: try Self.url(words[2]))
        for word in words.dropFirst(3) {
            switch Self.setting(word) {
            case ("reserve", let value?): partition.reserve = try Self.bytes(value)
            case ("draining", nil): partition.isDraining = true
            case ("read-only", nil): partition.isReadOnly = true
            case ("tape", nil): (partition.isReadOnly, partition.isTape) = (true, true)
            default: throw SiteValueError("`\(word)`: expected reserve=…, draining, read-only or tape")
            }
        }
        return partition
    }

    func peer() throws(SiteValueError) -> PeerConfiguration {
        guard words.count == 2 else { throw SiteValueError("expected a site and the URL of its log") }
        return PeerConfiguration(site: try Self.name(words[0]), url: try Self.url(words[1]))
    }

    func watch() throws(SiteValueError) -> WatchConfiguration {
        guard let first = words.first else { throw SiteValueError("expected a path") }
        var watch = WatchConfiguration(directory: try Self.path(first))
        for word in words.dropFirst() {
            switch Self.setting(word) {
            case ("collection", let value?): watch.collection = String(value)
            case ("complete_after", let value?): watch.completeAfter = Int(try Self.seconds(value))
            default: throw SiteValueError("`\(word)`: expected collection=… or complete_after=…")
            }
        }
        return watch
    }

    func subscription() throws(SiteValueError) -> SubscriptionConfiguration {
        guard let colon = text.firstIndex(of: ":") else { throw SiteValueError("expected `:` before the expression") }
        let head = text[..<colon].split { $0 == " " || $0 == "\t" }
        guard let first = head.first else { throw SiteValueError("expected a name") }
        let expression = String(text[text.index(after: colon)...].drop { $0 == " " || $0 == "\t" })
        do throws(ExpressionError) { _ = try Expression(parsing: expression) } catch {
            throw SiteValueError(error.description)
        }
        var subscription = SubscriptionConfiguration(name: try Self.name(first), expression: expression)
        for word in head.dropFirst() {
            switch Self.setting(word) {
            case ("priority", let value?): subscription.priority = try SiteValue(text: String(value)).integer(1...100)
            case ("lifetime", let value?): subscription.lifetime = try Self.seconds(value)
            case ("volume", let value?): subscription.maximumVolume = try Self.bytes(value)
            case ("rolling", nil): subscription.isRolling = true
            default: throw SiteValueError("`\(word)`: expected priority=…, lifetime=…, volume=… or rolling")
            }
        }
        if subscription.isRolling && subscription.maximumVolume == 0 {
            throw SiteValueError("`rolling` needs volume=…, the bytes that the newest files may have")
        }
        return subscription
    }

    private static func setting(_ word: Substring) -> (String, Substring?) {
        guard let sign = word.firstIndex(of: "=") else { return (String(word), nil) }
        return (String(word[..<sign]), word[word.index(after: sign)...])
    }
}
