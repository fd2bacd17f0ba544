/// The commented file that conf/ldr.conf is: every keyword, and what its value looks like.
package enum SiteExample {
    package static var text: String {
        var lines = [
            "# ldr.conf: every keyword. Written by `ldr check --keywords`; docs/ldr.md tells how to set up a site.",
            "# `keyword value` lines. `site` and `directory` must be there.",
        ]
        for option in SiteOption.all {
            let more = option.isRepeatable ? "; may stand several times" : ""
            lines += ["", "# \(option.help)\(more)", "# \(option.values)", "#\(option.key)"]
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
