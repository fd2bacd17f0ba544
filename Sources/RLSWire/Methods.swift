import RLSCore

/// Every method of the protocol, once: name, arguments, result. docs/protocol.md describes them.
package enum Methods {
    // Mappings
    package static let create = Method("lrc_create", MappingArguments.self, NoResult.self)
    package static let add = Method("lrc_add", MappingArguments.self, NoResult.self)
    package static let delete = Method("lrc_delete", MappingArguments.self, NoResult.self)
    package static let clear = Method("lrc_clear", NoArguments.self, NoResult.self)
    package static let exists = Method("lrc_exists", ObjectArguments.self, NoResult.self)
    package static let mappingExists = Method("lrc_mapping_exists", MappingArguments.self, NoResult.self)
    package static let getPFN = Method("lrc_get_pfn", NamePageArguments.self, PairItem.self)
    package static let getLFN = Method("lrc_get_lfn", NamePageArguments.self, PairItem.self)
    package static let getPFNWildcard = Method("lrc_get_pfn_wc", NamePageArguments.self, PairItem.self)
    package static let getLFNWildcard = Method("lrc_get_lfn_wc", NamePageArguments.self, PairItem.self)
    package static let renameLFN = Method("lrc_renamelfn", RenameArguments.self, NoResult.self)
    package static let renamePFN = Method("lrc_renamepfn", RenameArguments.self, NoResult.self)

    // Bulk
    package static let createBulk = Method("lrc_create_bulk", BulkArguments<BulkPair>.self, BulkFailure.self)
    package static let addBulk = Method("lrc_add_bulk", BulkArguments<BulkPair>.self, BulkFailure.self)
    package static let deleteBulk = Method("lrc_delete_bulk", BulkArguments<BulkPair>.self, BulkFailure.self)
    package static let renameLFNBulk = Method("lrc_renamelfn_bulk", BulkArguments<BulkPair>.self, BulkFailure.self)
    package static let renamePFNBulk = Method("lrc_renamepfn_bulk", BulkArguments<BulkPair>.self, BulkFailure.self)
    package static let getPFNBulk = Method("lrc_get_pfn_bulk", BulkArguments<BulkName>.self, BulkLookupItem.self)
    package static let getLFNBulk = Method("lrc_get_lfn_bulk", BulkArguments<BulkName>.self, BulkLookupItem.self)
    package static let existsBulk = Method("lrc_exists_bulk", BulkExistsArguments.self, BulkExistsItem.self)

    // Attributes
    package static let attributeCreate = Method("lrc_attr_create", DefineAttributeArguments.self, NoResult.self)
    package static let attributeDelete = Method("lrc_attr_delete", UndefineAttributeArguments.self, NoResult.self)
    package static let attributeGet = Method("lrc_attr_get", AttributeListArguments.self, AttributeDefinitionItem.self)
    package static let attributeAdd = Method("lrc_attr_add", AttributeAssignment.self, NoResult.self)
    package static let attributeModify = Method("lrc_attr_modify", ModifyAttributeArguments.self, NoResult.self)
    package static let attributeRemove = Method("lrc_attr_remove", ObjectAttributeArguments.self, NoResult.self)
    package static let attributeValueGet = Method(
        "lrc_attr_value_get", ObjectAttributeArguments.self, AttributeValueItem.self)
    package static let attributeSearch = Method("lrc_attr_search", SearchArguments.self, AttributeValueItem.self)
    package static let attributeAddBulk = Method(
        "lrc_attr_add_bulk", BulkArguments<AttributeAssignment>.self, BulkFailure.self)
    package static let attributeRemoveBulk = Method(
        "lrc_attr_remove_bulk", BulkArguments<BulkAttributeRemoval>.self, BulkFailure.self)
    package static let attributeValueGetBulk = Method(
        "lrc_attr_value_get_bulk", BulkValuesArguments.self, BulkAttributeItem.self)

    // Index servers that a catalog updates
    package static let rliAdd = Method("lrc_rli_add", AddRLIArguments.self, NoResult.self)
    package static let rliDelete = Method("lrc_rli_delete", WordPairArguments.self, NoResult.self)
    package static let rliPartitions = Method("lrc_rli_get_part", WordPairArguments.self, PairItem.self)
    package static let rliInfo = Method("lrc_rli_info", WordArguments.self, UpdatedServerInfo.self)
    package static let rliList = Method("lrc_rli_list", NoArguments.self, UpdatedServerItem.self)

    // Server
    package static let close = Method("close", NoArguments.self, NoResult.self)
    package static let admin = Method("admin", WordArguments.self, NoResult.self)
    package static let getConfiguration = Method("get_configuration", WordArguments.self, PairItem.self)
    package static let setConfiguration = Method("set_configuration", WordPairArguments.self, NoResult.self)
    package static let stats = Method("stats", NoArguments.self, StatisticsReply.self)

    // Our own
    package static let capabilities = Method("rls_capabilities", NoArguments.self, PairItem.self)
    package static let ensureBulk = Method("lrc_ensure_bulk", BulkArguments<BulkPair>.self, BulkFailure.self)
    package static let attributeEnsureBulk = Method(
        "lrc_attr_ensure_bulk", BulkArguments<AttributeAssignment>.self, BulkFailure.self)
    package static let export = Method("lrc_export", ExportArguments.self, ExportItem.self)

    // Index: what clients ask
    package static let indexExists = Method("rli_exists", ObjectArguments.self, NoResult.self)
    package static let indexExistsBulk = Method("rli_exists_bulk", BulkExistsArguments.self, IndexExistsItem.self)
    package static let indexMappingExists = Method("rli_mapping_exists", MappingArguments.self, NoResult.self)
    package static let getLRC = Method("rli_get_lrc", NamePageArguments.self, PairItem.self)
    package static let getLRCWildcard = Method("rli_get_lrc_wc", NamePageArguments.self, PairItem.self)
    package static let getLRCBulk = Method("rli_get_lrc_bulk", BulkArguments<BulkName>.self, BulkLookupItem.self)
    package static let lrcList = Method("rli_lrc_list", NoArguments.self, SenderItem.self)
    package static let senderList = Method("rli_sender_list", NoArguments.self, SenderItem.self)

    // Index: index servers that it updates
    package static let parentAdd = Method("rli_rli_add", AddRLIArguments.self, NoResult.self)
    package static let parentDelete = Method("rli_rli_delete", WordPairArguments.self, NoResult.self)
    package static let parentPartitions = Method("rli_rli_get_part", WordPairArguments.self, PairItem.self)
    package static let parentInfo = Method("rli_rli_info", WordArguments.self, UpdatedServerInfo.self)
    package static let parentList = Method("rli_rli_list", NoArguments.self, UpdatedServerItem.self)

    // Index: what catalogs tell, the original's way
    package static let listUpdate = Method("rli_update", ListUpdateArguments.self, NoResult.self)
    package static let filterUpdate = Method("rli_updatebf", FilterUpdateArguments.self, NoResult.self)

    // Index: what catalogs tell, our way
    package static let wholeFilter = Method("rli_filter", WholeFilterArguments.self, NoResult.self)
    package static let filterDelta = Method("rli_filter_delta", FilterDeltaArguments.self, NoResult.self)
    package static let listBegin = Method("rli_list_begin", ListBeginArguments.self, ListToken.self)
    package static let listPart = Method("rli_list_part", ListPartArguments.self, NoResult.self)
    package static let listEnd = Method("rli_list_end", ListEndArguments.self, NoResult.self)
    package static let listChanges = Method("rli_list_changes", ListChangesArguments.self, NoResult.self)
    package static let softState = Method("rls_soft_state", NoArguments.self, SoftStateStatus.self)
}
