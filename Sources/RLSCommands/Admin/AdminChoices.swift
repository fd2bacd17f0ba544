import ArgumentParser

/// Which request the options make.
extension AdminCommand {
    private typealias Choice = (option: String, takes: [String], request: (AdminWords) throws -> AdminRequest)

    /// The request that the options make with the words before the last, which is the server.
    func request() throws -> (AdminRequest, server: String) {
        let isStatusWord = !status && choices.isEmpty && words.first == "status"
        let given = choices + (isStatusWord ? [statusChoice] : [])
        guard let choice = given.first, given.count == 1 else {
            throw ValidationError("give one of -p -q -e -S -u -c -C -a -A -d -s --status")
        }
        let rest = isStatusWord ? words.dropFirst() : words[...]
        let form = "\(choice.option) takes " + (choice.takes + ["the server's URL"]).joined(separator: ", then ")
        guard let server = rest.last else { throw ValidationError(form) }
        guard server.contains("://") || rest.count == 1 else {
            throw ValidationError("the last word must be the server's URL, not `\(server)`")
        }
        return (try choice.request(AdminWords(form: form, words: Array(rest.dropLast()))), server)
    }

    private var statusChoice: Choice { ("status", [], plain(.status)) }

    private func plain(_ request: AdminRequest) -> (AdminWords) throws -> AdminRequest {
        { words in
            try words.none()
            return request
        }
    }

    private var choices: [Choice] {
        var choices: [Choice] = []
        if ping { choices.append(("-p", [], plain(.ping))) }
        if quit { choices.append(("-q", [], plain(.quit))) }
        if clear { choices.append(("-e", [], plain(.clear))) }
        if stats { choices.append(("-S", [], plain(.stats))) }
        if update { choices.append(("-u", [], plain(.update))) }
        if status { choices.append(("--status", [], plain(.status))) }
        if let get { choices.append(("-c", ["OPTION"], plain(.show(get)))) }
        if let set {
            choices.append(
                (
                    "-C", ["OPTION VALUE"],
                    { words in
                        guard words.words.count == 1 else { throw ValidationError(words.form) }
                        return .change(set, to: words.words[0])
                    }
                ))
        }
        return choices + indexServerChoices
    }

    private var indexServerChoices: [Choice] {
        var choices: [Choice] = []
        if addList {
            choices.append(("-a", ["RLI [PATTERN]"], { .add(try $0.indexServer(patterns: 1), flags: 0) }))
        }
        if addFilter {
            choices.append(
                (
                    "-A", ["RLI [PATTERN…]"],
                    { .add(try $0.indexServer(patterns: .max - 1), flags: AdminRequest.filterFlag) }
                ))
        }
        if remove { choices.append(("-d", ["RLI [PATTERN]"], { .remove(try $0.indexServer(patterns: 1)) })) }
        if list {
            choices.append(
                ("-s", ["[RLI [PATTERN]]"], { .list($0.words.isEmpty ? nil : try $0.indexServer(patterns: 1)) }))
        }
        return choices
    }
}
