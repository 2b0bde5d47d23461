//! Uploads: pictures for cards, and temporary media.

use serde_json::json;

use super::{Context, body::Upload, call::shortened, reply::Reply};
use crate::{
    refusal::Refusal,
    switches::{Switch, Switches},
    world::media::{FileKind, MEDIA_LIFE, Media},
};

const KB: usize = 1024;
const MB: usize = 1024 * KB;

/// POST `/cgi-bin/media/uploadimg`: a picture for a card, for its URL.
pub(super) fn upload_image(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let upload = context.call.upload()?;
    let switches = context.world.switches;
    let kind = picture(
        switches,
        upload,
        &[FileKind::Jpeg, FileKind::Png],
        "WX-MED-005",
    )?;
    at_most(upload, MB, "WX-MED-003")?;

    let has_errcode = context.world.switches.is(Switch::UploadErrcode, "present");
    let account = context.own_account();
    let url = account
        .images
        .add(kind, upload.bytes.clone(), &mut account.ids);
    Ok(Reply::with_errcode(json!({"url": url}), has_errcode))
}

/// POST `/cgi-bin/media/upload`: a temporary file, for its `media_id`; it never gives a URL.
pub(super) fn upload_media(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let call = context.call;
    let wanted = call.query.get("type").unwrap_or_default();
    if !["image", "voice", "video", "thumb"].contains(&wanted) {
        return Err(Refusal::new("WX-MED-006")
            .expected("type=image, voice, video or thumb")
            .received(format!("type={}", shortened(wanted))));
    }
    let upload = call.upload()?;
    let switches = context.world.switches;
    let image_limit = if switches.is(Switch::MediaImageLimit, "2MB") {
        2 * MB
    } else {
        10 * MB
    };
    let (kind, limit, too_large) = match wanted {
        "voice" => {
            named(upload, VOICE_NAMES, "WX-MED-015")?;
            let kind = of_kind(upload, &[FileKind::Amr, FileKind::Mp3])?;
            (kind, 2 * MB, "WX-MED-013")
        }
        "video" => {
            named(upload, VIDEO_NAMES, "WX-MED-015")?;
            (of_kind(upload, &[FileKind::Mp4])?, 10 * MB, "WX-MED-014")
        }
        "thumb" => {
            let kind = picture(switches, upload, &[FileKind::Jpeg], "WX-MED-015")?;
            (kind, 64 * KB, "WX-MED-012")
        }
        _ => {
            let kinds = [FileKind::Jpeg, FileKind::Png, FileKind::Gif];
            let kind = picture(switches, upload, &kinds, "WX-MED-015")?;
            (kind, image_limit, "WX-MED-003")
        }
    };
    at_most(upload, limit, too_large).map_err(|mut refusal| {
        let errcode = switches.errcode(Switch::OversizedMedia);
        refusal.errcode = errcode.unwrap_or(refusal.errcode);
        refusal
    })?;

    let now = context.world.now();
    let bytes = upload.bytes.clone();
    let account = context.own_account();
    let media_id = account.media.add(kind, bytes, now, &mut account.ids);
    let id_name = if wanted == "thumb" {
        "thumb_media_id"
    } else {
        "media_id"
    };
    Ok(Reply::with_errcode(
        json!({"type": wanted, id_name: media_id, "created_at": now, "item": []}),
        switches.is(Switch::UploadErrcode, "present"),
    ))
}

/// GET `/cgi-bin/media/get`: the bytes of a temporary file, or where those of a video are.
pub(super) fn get_media(context: &mut Context<'_>) -> Result<Reply, Refusal> {
    let media_id = context.call.query.get("media_id").ok_or_else(|| {
        Refusal::new("WX-MED-009")
            .expected("media_id")
            .received("no media_id")
    })?;
    let media = kept(context, media_id)?;
    if media.kind == FileKind::Mp4 {
        return Ok(Reply::Json(json!({"video_url": media.video_url()})));
    }
    Ok(Reply::File {
        content_type: media.kind.content_type(),
        file_name: format!("{}.{}", media.media_id, media.kind.extension()),
        bytes: media.bytes.clone(),
    })
}

/// A temporary file of this account that is still kept.
pub(super) fn kept<'w>(context: &'w Context<'_>, media_id: &str) -> Result<&'w Media, Refusal> {
    let now = context.world.now();
    let account = context.world.account(context.own_number());
    let media = account.media.find(media_id).ok_or_else(|| {
        Refusal::new("WX-MED-010")
            .expected("a media_id that this account was given")
            .received(shortened(media_id))
    })?;
    if media.is_kept(now) {
        return Ok(media);
    }
    Err(Refusal::new("WX-MED-011")
        .expected(format!("a file at most {MEDIA_LIFE} s old"))
        .received(format!("a file {} s old", now - media.created_at)))
}

/// What names of files end with, by the kind of upload. Source: error reports about names without an
/// extension or with another one, 2015 to 2025; the list of kinds is that of the official page.
const PICTURE_NAMES: &[&str] = &["jpg", "jpeg", "png", "gif", "bmp"];
const VOICE_NAMES: &[&str] = &["amr", "mp3", "speex"];
const VIDEO_NAMES: &[&str] = &["mp4"];

/// A picture of one of `kinds`: first its name is looked at, then its bytes. A name that is none of a
/// picture breaks the rule `unnamed`.
fn picture(
    switches: Switches,
    upload: &Upload,
    kinds: &[FileKind],
    unnamed: &'static str,
) -> Result<FileKind, Refusal> {
    named(upload, PICTURE_NAMES, unnamed)?;
    if FileKind::is_heif(&upload.bytes) {
        let errcode = switches.errcode(Switch::UnknownMediaContent);
        // The number of media/upload is a switch; that of uploadimg was captured.
        let is_open = unnamed == "WX-MED-015" && errcode == Some(40005);
        let rule = if is_open { "WX-MED-007" } else { "WX-MED-005" };
        return Err(wrong_bytes(rule, upload, kinds));
    }
    if FileKind::of(&upload.bytes).is_some() || crate::breaks::broken("bytes-of-files-ignored") {
        return of_kind(upload, kinds);
    }
    Err(wrong_bytes("WX-MED-004", upload, kinds))
}

/// Whether the name of a file ends with one of `extensions`.
fn named(upload: &Upload, extensions: &[&str], rule: &'static str) -> Result<(), Refusal> {
    let extension = upload.file_name.rsplit_once('.');
    let extension = extension.map(|(_, extension)| extension.to_ascii_lowercase());
    if extension.is_some_and(|extension| extensions.contains(&extension.as_str()))
        || crate::breaks::broken("name-of-files-ignored")
    {
        return Ok(());
    }
    Err(Refusal::new(rule)
        .expected(format!(
            "a filename that ends with .{}",
            extensions.join(", .")
        ))
        .received(format!("the filename {}", shortened(&upload.file_name))))
}

fn of_kind(upload: &Upload, kinds: &[FileKind]) -> Result<FileKind, Refusal> {
    FileKind::of(&upload.bytes)
        .filter(|kind| kinds.contains(kind))
        .ok_or_else(|| wrong_bytes("WX-MED-007", upload, kinds))
}

fn wrong_bytes(rule: &'static str, upload: &Upload, kinds: &[FileKind]) -> Refusal {
    let names: Vec<&str> = kinds.iter().map(|kind| kind.content_type()).collect();
    let came = FileKind::of(&upload.bytes).map_or("bytes of no known kind", FileKind::content_type);
    Refusal::new(rule)
        .expected(format!("bytes of {}", names.join(", ")))
        .received(format!("{came}, named {}", shortened(&upload.file_name)))
}

fn at_most(upload: &Upload, limit: usize, rule: &'static str) -> Result<(), Refusal> {
    if upload.bytes.len() <= limit || crate::breaks::broken("size-of-files-ignored") {
        return Ok(());
    }
    Err(Refusal::new(rule)
        .expected(format!("at most {limit} bytes"))
        .received(format!("{} bytes", upload.bytes.len())))
}
