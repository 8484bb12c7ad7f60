"""The message types of the public protocol, by name.

From the table of the public server (`pilot-protocol/rendezvous`, ``dispatch.go``), the requests of
the public client (`pilot-protocol/common`, ``registry/client``), and the older server
(`TeoSlayer/pilotprotocol`).
"""

_NAMES = """
    beacon_list beacon_register check_trust create_network delete_network demote_member deregister
    directory_status directory_sync enroll_recovery get_audit_export get_audit_log get_expr_policy
    get_identity get_idp_config get_key_info get_member_role get_member_tags get_network_policy
    get_polo_score get_provision_status get_webhook get_webhook_dlq heartbeat invite_to_network
    join_network kick_member leave_network list_networks list_nodes lookup poll_handshakes
    poll_invites promote_member provision_network punch recover_identity register rename_network
    report_trust request_handshake resolve resolve_hostname respond_handshake respond_invite
    revoke_trust rotate_key set_audit_export set_expr_policy set_external_id set_hostname
    set_identity_webhook set_idp_config set_key_expiry set_member_tags set_network_enterprise
    set_network_policy set_polo_score set_tags set_task_exec set_visibility set_webhook
    submit_badge subscribe_replication transfer_ownership update_polo_score validate_token
"""

PUBLIC = frozenset(_NAMES.split())

NOT_SERVED = {
    "subscribe_replication": "a standby of the public server follows another by it; here, several "
    "servers share a database",
}
"""Those that are not here, and why."""
