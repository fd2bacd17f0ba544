/// The commented file that conf/rls-server.conf is: every keyword with its default.
package enum ExampleConfiguration {
    package static var text: String {
        let defaults = ServerConfiguration()
        var lines = [
            "# rls-server.conf: every keyword with its default. Written by `rls-server --print-configuration`.",
            "# `keyword value` lines; (R) takes effect by SIGHUP and `rls-admin -C` too.",
        ]
        for section in ServerOption.Section.allCases {
            lines += ["", "### \(section.rawValue)"]
            for option in ServerOptions.all where option.section == section {
                lines += [""] + entry(option, defaults)
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func entry(_ option: ServerOption, _ defaults: ServerConfiguration) -> [String] {
        let mark = option.isReloadable ? "(R) " : ""
        var lines = wrapped("\(mark)\(option.help)")
        if option.successor != nil { return lines + ["#\(option.key)"] }
        lines.append("# \(option.values)")
        if !option.aliases.isEmpty { lines.append("# also: \(option.aliases.joined(separator: " "))") }
        let value = option.get(defaults).first ?? ""
        return lines + ["#\(option.key)" + (value.isEmpty ? "" : " \(value)")]
    }

    private static func wrapped(_ text: String) -> [String] {
        var lines: [String] = []
        var line = "#"
        for word in text.split(separator: " ") {
            if line.count + word.count > 100 {
                lines.append(line)
                line = "#"
            }
            line += " " + word
        }
        return lines + [line]
    }
}
